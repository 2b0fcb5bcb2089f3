// The questions of a running tool, resource or prompt: which are answered, which have to be asked now, and the sealed
// state that joins the round trips (MCP "Multi Round-Trip Requests").
import { inputRequired, type InputRequest, type InputRequiredResult } from '@modelcontextprotocol/server'
import type { Answers, Questions } from '../../../authoring/elicitation.ts'
import { readAnswer, requestFor } from './questions.ts'
import { type RequestStateCodec } from './request-state.ts'

/** What the client adds to a call that it sends again. */
export interface RetryInput {
  inputResponses?: Readonly<Record<string, unknown>> | undefined
  requestState?: string | undefined
}

export interface InputRequests {
  ask<Q extends Questions>(questions: Q): Promise<Answers<Q>>
  /** What has to be asked before the call can continue, once {@link ask} was called and lacked an answer. */
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
 * @param call makes the call id, for the few calls that ask something.
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
