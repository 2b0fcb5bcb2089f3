// Posts one request to an endpoint that speaks OpenAI's chat completions, and reads no more of its answer than a
// completion needs.
import { readAnswer } from '../../authoring/read-answer.ts'

/** One part of a conversation. */
export type Message = { role: 'system' | 'user' | 'assistant'; content: string }

/** What is read of an answer. It comes from outside, so any of it may be missing. */
export interface Completion {
  choices?: Array<{ finish_reason?: string; message?: { content?: unknown } }>
  usage?: { total_tokens?: number }
}

/** The endpoint answered, and not with a completion. */
export class EndpointError extends Error {
  override name = 'EndpointError'
  /** Of HTTP; `undefined` for an answer of 2xx that cannot be read. */
  readonly status: number | undefined
  constructor (message: string, status?: number) {
    super(message)
    this.status = status
  }
}

/** Many times what 4,000 tokens and their JSON take. */
const MAX_ANSWER_BYTES = 1024 * 1024

/**
 * @param baseUrl the part before /chat/completions.
 * @returns sends the body of one request. Nothing is repeated, and no redirect takes the key elsewhere.
 * @throws EndpointError for an answer without a completion; what fetch throws, for a connection that fails, or is aborted.
 */
export function connect (
  baseUrl: string,
  apiKey = 'none'
): (body: Record<string, unknown>, signal: AbortSignal) => Promise<Completion> {
  const url = `${baseUrl.replace(/\/$/, '')}/chat/completions`
  const headers = {
    accept: 'application/json',
    'content-type': 'application/json',
    authorization: `Bearer ${apiKey}`
  }
  return async (body, signal) => {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      redirect: 'error',
      signal
    })
    const text = await readAnswer(response, MAX_ANSWER_BYTES)
    if (text === undefined) throw new EndpointError(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`)
    if (!response.ok) throw new EndpointError(text, response.status)
    return parse(text)
  }
}

function parse (text: string): Completion {
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch {
    throw new EndpointError('the answer is not JSON')
  }
  if (typeof data !== 'object' || data === null) throw new EndpointError('the answer is no object')
  return data
}
