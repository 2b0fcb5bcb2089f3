// The questions of a running tool, resource or prompt: which are answered, which have to be asked now, and the sealed
// state that joins the round trips (MCP "Multi Round-Trip Requests").
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

/** What the client adds to a call that it sends again. */
export interface RetryInput {
  inputResponses?: Readonly<Record<string, unknown>> | undefined
  requestState?: string | undefined
}

export interface InputRequests {
  ask<Q extends Questions>(questions: Q): Promise<Answers<Q>>
  /** What has to be asked before the call can go on, once {@link ask} was called and lacked an answer. */
  pending(): InputRequiredResult | undefined
}

/** Thrown through the author's code when an answer is missing. Catching it changes nothing: `pending` is set. */
class Unanswered extends Error {
  override readonly name = 'Unanswered'
  constructor () {
    super('The answer is not there yet: the client sends this call again with it.')
  }
}

/**
 * Leaves the answers of earlier round trips with the client, sealed: no one can read or change them, and no other call
 * can use them.
 */
export interface RequestStateCodec {
  seal(answers: Readonly<Record<string, unknown>>, call: string): string
  /** @throws ProtocolError -32602 for a state of another call, one that was altered, or one older than an hour. */
  open(state: string, call: string): Record<string, unknown>
}

const PURPOSE = 'mcp request state'
/** People leave a form open. */
const LIFETIME_SECONDS = 3_600

export function createRequestStateCodec (sealing: Sealing, now: Clock): RequestStateCodec {
  const content = z.object({ call: z.string(), until: z.number(), answers: z.record(z.string(), z.unknown()) })
  return {
    seal: (answers, call) =>
      sealing.seal(PURPOSE, Buffer.from(JSON.stringify({ call, until: now() + LIFETIME_SECONDS, answers }))),
    open (state, call) {
      // The exact text: base64url decoding ignores characters that do not belong to it.
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
          'Invalid or expired requestState: start the call again without it',
          { reason: 'invalid_request_state' }
        )
      }
      return answers
    }
  }
}

/** Names one call of one person. The order of members does not matter. */
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
 * @throws ProtocolError -32602 for a state that cannot be opened.
 */
export function createInputRequests (retry: RetryInput, call: () => string, states: RequestStateCodec): InputRequests {
  const given: Record<string, unknown> = {
    ...(retry.requestState !== undefined && states.open(retry.requestState, call())),
    ...retry.inputResponses
  }
  const answered: Record<string, unknown> = {}
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
          answered[name] = given[name]
        }
      }
      if (Object.keys(open).length === 0) return answers as Answers<typeof questions>
      pending = inputRequired({ inputRequests: open, requestState: states.seal(answered, call()) })
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

/** The client's answer is not trusted: one of the wrong shape is none, so the question is asked again. */
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
