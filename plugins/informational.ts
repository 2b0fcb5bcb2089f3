// Informational answers (RFC 9110 §15.2) come before an answer in any number, and nothing else bounds them: each takes as long as
// the head of an answer, so that a slow line full of them takes a whole processor.
// Tested in test/plugins/informational.test.ts.
import type { ClientRequest } from 'node:http'

/** A server that has early hints, or is still at work, has a few. */
const MAX_INFORMATIONAL = 20

/** @param onFlood ends the request. */
export function boundInformational (request: ClientRequest, onFlood: () => void): void {
  let count = 0
  request.on('information', () => {
    if (++count > MAX_INFORMATIONAL) onFlood()
  })
}
