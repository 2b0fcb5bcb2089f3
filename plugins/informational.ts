// Informational answers (RFC 9110 §15.2) come before an answer in any number, and nothing else bounds them: each takes as long as
// the head of an answer, so that a slow line full of them takes a whole processor.
// Tested in test/plugins/informational.test.ts.
import type { ClientRequest } from 'node:http'

/** A server that has early hints has a few; one that is at work for long may say so every twenty seconds (RFC 2518 §10.1). */
const MAX_INFORMATIONAL = 20
const MORE_EACH_MS = 1_000

/** @param onFlood ends the request. */
export function boundInformational (request: ClientRequest, onFlood: () => void, now = () => performance.now()): void {
  const began = now()
  let count = 0
  request.on('information', () => {
    if (++count > MAX_INFORMATIONAL + (now() - began) / MORE_EACH_MS) onFlood()
  })
}
