// The questions of a running tool, resource or prompt: what is answered already, what has to be asked now, and the
// sealed state that joins the rounds (MCP "Multi Round-Trip Requests").
import { createHash } from 'node:crypto'
import {
  inputRequired,
  ProtocolError,
  ProtocolErrorCode,
  type InputRequest,
  type InputRequiredResult
} from '@modelcontextprotocol/server'
import { z } from 'zod'
import type { Clock } from '../../../clock.ts'
import type { Answers, Question, Questions } from '../../../authoring/elicitation.ts'
import type { Sealing } from '../../secrets.ts'

/** What the client sent along with a call that it makes again. */
export interface RetryInput {
  inputResponses?: Readonly<Record<string, unknown>> | undefined
  requestState?: string | undefined
}

export interface InputRequests {
  ask<Q extends Questions>(questions: Q): Promise<Answers<Q>>
  /** What has to be asked before the work can go on, once {@link ask} was called and could not answer. */
  pending(): InputRequiredResult | undefined
}

/**
 * Thrown through the author's code when an answer is missing. Whoever catches it on the way stops nothing: `pending`
 * stands.
 */
class Unanswered extends Error {
  override readonly name = 'Unanswered'
  constructor () {
    super('The answer is not there yet: this call is made again with it.')
  }
}

/**
 * Keeps the answers of earlier rounds with the client, so that no one else can read or change them, and no other call
 * can use them.
 */
export interface RequestStateCodec {
  seal(answers: Readonly<Record<string, unknown>>, call: string): string
  /** @throws ProtocolError -32602 for a state that is not of this call, altered, or older than an hour. */
  open(state: string, call: string): Record<string, unknown>
}

const PURPOSE = 'mcp request state'
/** Seconds: people leave a form open. */
const LIFETIME_SECONDS = 3_600

export function createRequestStateCodec (sealing: Sealing, now: Clock): RequestStateCodec {
  const content = z.object({ call: z.string(), until: z.number(), answers: z.record(z.string(), z.unknown()) })
  return {
    seal: (answers, call) =>
      sealing.seal(PURPOSE, Buffer.from(JSON.stringify({ call, until: now() + LIFETIME_SECONDS, answers }))),
    open (state, call) {
      // The exact text: base64url forgives characters that are no part of it.
      const exact = typeof state === 'string' && Buffer.from(state, 'base64url').toString('base64url') === state
      const opened = exact ? sealing.unseal(PURPOSE, state) : undefined
      const {
        call: of,
        until,
        answers
      } = opened ? content.parse(JSON.parse(opened.toString())) : { call: undefined, until: 0, answers: {} }
      if (of !== call || until < now()) {
        throw new ProtocolError(
          ProtocolErrorCode.InvalidParams,
          'Invalid or expired requestState: make the call again from its beginning',
          { reason: 'invalid_request_state' }
        )
      }
      return answers
    }
  }
}

/** Names one call of one person: the same words in another order are the same call. */
export function callId (user: string | undefined, method: string, params: unknown): string {
  const sorted = JSON.stringify([user, method, params], (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value
  )
  return createHash('sha256').update(sorted).digest('base64url')
}

/**
 * @param call makes the {@link callId}, for the few calls that ask something.
 * @throws ProtocolError for a state that cannot be opened.
 */
export function createInputRequests (round: RetryInput, call: () => string, states: RequestStateCodec): InputRequests {
  const given: Record<string, unknown> = {
    ...(round.requestState !== undefined && states.open(round.requestState, call())),
    ...round.inputResponses
  }
  const settled: Record<string, unknown> = {}
  let pending: InputRequiredResult | undefined
  return {
    pending: () => pending,
    async ask (questions) {
      const answers: Record<string, unknown> = {}
      const open: Record<string, InputRequest> = {}
      for (const [name, question] of Object.entries(questions)) {
        const answer = Object.hasOwn(given, name) ? readAnswer(question, given[name]) : undefined
        if (answer === undefined) open[name] = requestFor(question)
        else {
          answers[name] = answer
          settled[name] = given[name]
        }
      }
      if (Object.keys(open).length === 0) return answers as Answers<typeof questions>
      pending = inputRequired({ inputRequests: open, requestState: states.seal(settled, call()) })
      throw new Unanswered()
    }
  }
}

function requestFor (question: Question): InputRequest {
  switch (question.kind) {
    case 'form':
      return inputRequired.elicit({ message: question.message, requestedSchema: question.schema })
    case 'visit':
      return inputRequired.elicitUrl({ message: question.message, url: question.url })
    case 'sample':
      return inputRequired.createMessage(question.params)
    case 'roots':
      return inputRequired.listRoots()
  }
}

const refusal = z.object({ action: z.enum(['decline', 'cancel']) })
const sampled = z.object({
  role: z.enum(['user', 'assistant']),
  content: z.union([z.looseObject({ type: z.string() }), z.array(z.looseObject({ type: z.string() }))]),
  model: z.string()
})
const listedRoots = z.object({ roots: z.array(z.object({ uri: z.string(), name: z.string().optional() })) })

/** What comes back is the client's word. An answer of the wrong shape is none, so the question is asked once more. */
function readAnswer (question: Question, answer: unknown): unknown {
  const schema = {
    form: () =>
      z.union([
        z.object({ action: z.literal('accept'), content: (question as { schema: z.ZodObject }).schema }),
        refusal
      ]),
    visit: () => z.union([z.object({ action: z.literal('accept') }), refusal]),
    sample: () => sampled,
    roots: () => listedRoots
  }[question.kind]()
  return schema.safeParse(answer).data
}
