// What a provider answers, up to a limit: the libraries that speak to providers read an answer of any length
// (OpenID Connect Core §16; OWASP API4 "Unrestricted Resource Consumption").
// Tested in test/auth-backends/bounded-fetch.test.ts.
import { MAX_PIECES, readAnswer } from '../authoring/read-answer.ts'

/** Many times what metadata, keys, tokens or the claims of a person take. */
export const MAX_ANSWER_BYTES = 1024 * 1024

/** The answer was longer, and was not read to its end. */
export class AnswerTooLong extends Error {
  override readonly name = 'AnswerTooLong'
  constructor (maxBytes: number) {
    super(`the answer is longer than ${maxBytes} bytes`)
  }
}

/** @param error of a library, which may have wrapped it. */
export const hasTooLongAnswer = (error: unknown): boolean =>
  error instanceof AnswerTooLong || (error instanceof Error && hasTooLongAnswer(error.cause))

/**
 * As the global one, whose signal also limits the time for the body.
 * @returns the whole answer.
 * @throws AnswerTooLong.
 */
export async function boundedFetch (...asked: Parameters<typeof fetch>): Promise<Response> {
  const answer = await fetch(...asked)
  const text = await readAnswer(answer, MAX_ANSWER_BYTES)
  if (text === undefined) throw new AnswerTooLong(MAX_ANSWER_BYTES)
  const { status, statusText, headers, url } = answer
  const whole = new Response(text === '' ? null : text, { status, statusText, headers })
  // It is named in what the operator is told, and cannot be given to the constructor.
  return Object.defineProperty(whole, 'url', { value: url })
}

/**
 * @returns the same answer, for whoever reads it in whatever form: beyond `maxBytes`, or in endless pieces, its body fails
 * with AnswerTooLong, and the connection ends.
 */
export function limitAnswer (answer: Response, maxBytes: number): Response {
  if (answer.body === null) return answer
  let bytes = 0
  let pieces = 0
  const counting = new TransformStream<Uint8Array, Uint8Array>({
    transform (chunk, controller) {
      bytes += chunk.byteLength
      pieces++
      if (bytes <= maxBytes && pieces <= MAX_PIECES) controller.enqueue(chunk)
      else controller.error(new AnswerTooLong(maxBytes))
    }
  })
  return new Response(answer.body.pipeThrough(counting), answer)
}
