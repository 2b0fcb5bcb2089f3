// The questions of an upstream to the person behind a request: which of them this client can show, what the answers
// were, and the sealed state that joins the round trips (MCP "Elicitation", "Multi Round-Trip Requests").
import { inputRequired, type ClientCapabilities, type InputRequest, type InputRequiredResult } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { isLoopback } from '../../../authoring/env.ts'
import { ToolError } from '../../../authoring/tool.ts'
import { UpstreamError, type Answered, type Exchange } from '../../upstreams/contract.ts'
import { isShort } from '../../upstreams/message-bounds.ts'
import { abilitiesOf } from '../handlers/context.ts'
import type { ClientChannel } from '../handlers/contract.ts'
import type { RequestStateCodec } from '../handlers/request-state.ts'

type Question = Extract<Answered, { kind: 'questions' }>['requests'][string]
type Answers = Record<string, unknown>

/** What the client keeps, sealed, until it comes back. */
interface Dialogue {
  /** The upstream's own. Absent where the request begins again. */
  state: string | undefined
  requests: Record<string, Question>
  answers: Answers
}

/** What has to be asked next, or what the upstream gets. */
export type Turn =
  | { kind: 'ask'; result: InputRequiredResult }
  | { kind: 'retry'; retry: Exchange['retry'] }

/** Characters of the questions of one turn, which the client carries back and forth. */
const MAX_LENGTH = 64 * 1024

const form = z.object({
  mode: z.literal('form').optional(),
  message: z.string(),
  requestedSchema: z.looseObject({ type: z.literal('object'), properties: z.record(z.string(), z.unknown()) })
})
const page = z.object({ mode: z.literal('url'), message: z.string(), url: z.string() })
const refusal = z.object({ action: z.enum(['decline', 'cancel']) })
const formAnswer = z.union([z.object({ action: z.literal('accept'), content: z.record(z.string(), z.unknown()) }), refusal])
const pageAnswer = z.union([z.object({ action: z.literal('accept') }), refusal])

export class Questions {
  readonly #upstream: string
  readonly #channel: ClientChannel
  readonly #call: () => string
  readonly #states: RequestStateCodec
  readonly #isLocal: boolean
  readonly #onDeclined: (why: string) => void

  /**
   * @param call makes the call id, for the few requests that ask something.
   * @param isLocal whether pages on this computer may be shown without TLS.
   * @param onDeclined called for a question that this client cannot be asked.
   */
  constructor (
    upstream: string,
    channel: ClientChannel,
    call: () => string,
    states: RequestStateCodec,
    isLocal: boolean,
    onDeclined: (why: string) => void
  ) {
    this.#upstream = upstream
    this.#channel = channel
    this.#call = call
    this.#states = states
    this.#isLocal = isLocal
    this.#onDeclined = onDeclined
  }

  /**
   * What the client brings back.
   * @returns undefined for a request that begins.
   * @throws ProtocolError -32602 for a state that cannot be opened; ToolError where the person has said no to all.
   */
  first (): Turn | undefined {
    const { requestState, inputResponses = {} } = this.#channel
    if (requestState === undefined) return undefined
    const { state, requests, answers } = this.#states.open(requestState, this.#call()) as unknown as Dialogue
    const given = { ...answers }
    for (const [name, question] of Object.entries(requests)) {
      const answer = Object.hasOwn(inputResponses, name) ? readAnswer(question, inputResponses[name]) : undefined
      if (answer !== undefined) given[name] = answer
    }
    const isDeclined = Object.values(given).some((answer) => (answer as { action: string }).action !== 'accept')
    // Without a state the request would begin again, and ask the same.
    if (state === undefined && isDeclined) throw new ToolError('The person did not open the page that this needs first.')
    return this.#turn({ state, requests, answers: given })
  }

  /** What to do about questions: those that this client cannot be asked are declined (MCP "Elicitation"). */
  next (requests: Readonly<Record<string, Question>>, state: string | undefined): Turn {
    if (JSON.stringify([requests, state]).length > MAX_LENGTH) {
      throw new UpstreamError(this.#upstream, 'malformed', 'its questions are too long')
    }
    const answers: Answers = {}
    for (const [name, { params }] of Object.entries(requests)) {
      const fault = findFault(params, this.#channel.capabilities, this.#isLocal)
      if (fault === undefined) continue
      answers[name] = { action: 'decline' }
      this.#onDeclined(fault)
    }
    return this.#turn({ state, requests, answers })
  }

  #turn (dialogue: Dialogue): Turn {
    const { state, requests, answers } = dialogue
    const open = Object.entries(requests).filter(([name]) => !Object.hasOwn(answers, name))
    if (open.length === 0) return { kind: 'retry', retry: state === undefined ? undefined : { state, responses: answers } }
    const inputRequests = Object.fromEntries(open) as unknown as Record<string, InputRequest>
    const requestState = this.#states.seal({ ...dialogue }, this.#call())
    return { kind: 'ask', result: inputRequired({ inputRequests, requestState }) }
  }
}

/** The client's answer is not trusted: one of the wrong shape is dropped, so the question is asked again. */
const readAnswer = ({ params }: Question, answer: unknown): unknown =>
  (params['mode'] === 'url' ? pageAnswer : formAnswer).safeParse(answer).data

/** @returns why a question cannot be asked, in words for the operator, or undefined. */
function findFault (
  params: Record<string, unknown>,
  capabilities: ClientCapabilities | undefined,
  isLocal: boolean
): string | undefined {
  const can = abilitiesOf(capabilities)
  if (!isShort(params)) return 'the question is larger than a person can answer'
  if (params['mode'] !== 'url') {
    if (!form.safeParse(params).success) return 'the question is no form that MCP knows'
    return can.form ? undefined : 'the client cannot show forms'
  }
  const asked = page.safeParse(params)
  if (!asked.success || !isSafe(asked.data.url, isLocal)) return 'the page to open is not an https URL'
  return can.openUrl ? undefined : 'the client cannot open pages'
}

function isSafe (text: string, isLocal: boolean): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username, password } = new URL(text)
  if (username !== '' || password !== '') return false
  return protocol === 'https:' || (isLocal && protocol === 'http:' && isLoopback(hostname))
}
