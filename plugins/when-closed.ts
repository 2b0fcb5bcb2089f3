// The end of a response, also for those who begin to wait when it has come: a client may go while its request is still
// being looked at, and `close` comes once.
import type { ServerResponse } from 'node:http'

/** @param work runs once, and at once where the response is closed. */
export function whenClosed (response: ServerResponse, work: () => void): void {
  if (isClosed(response)) work()
  else response.once('close', work)
}

/** That of HTTP/2 does not say so itself. */
const isClosed = (response: ServerResponse & { stream?: { destroyed: boolean } }): boolean =>
  response.closed || response.destroyed || response.stream?.destroyed === true
