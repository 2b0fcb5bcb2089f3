// What a client sends on one connection without waiting for answers: Node begins all that is in a packet in one turn of the
// event loop, three thousand requests in 64 KB, and answers some of them by itself (threat OW-44).
// Tested in test/plugins/pipelined.test.ts.
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** What Node answers by itself comes past here as well. */
export const SERVER_OPTIONS = { requireHostHeader: false } as const

/** @param follow returns false for one too many of its connection. */
export function takeRequests (
  server: Server,
  handler: RequestListener,
  follow: (request: IncomingMessage, response: ServerResponse) => boolean,
  warn: () => void
): void {
  const taking = (answer: RequestListener): RequestListener => (request, response) => {
    if (!follow(request, response)) {
      warn()
      stopReading(request.socket)
      request.socket.destroy()
    } else if (lacksHost(request)) {
      stopReading(request.socket)
      response.writeHead(400, { connection: 'close' }).end()
    } else answer(request, response)
  }
  server.on('request', taking(handler))
  // RFC 9110 §10.1.1: other than `100-continue`.
  server.on('checkExpectation', taking((_request, response) => response.writeHead(417).end()))
}

/** RFC 9112 §3.2. */
const lacksHost = ({ headers, httpVersion }: IncomingMessage): boolean => headers.host === undefined && httpVersion === '1.1'

/** Of a socket of an HTTP server: what Node hands each request to. It has no documented way to be stopped. */
interface Parsed {
  parser?: { onIncoming: () => number } | null
}
/** As for a request after which another protocol is spoken: nothing more of the packet is read. */
const NO_MORE = 2

function stopReading (socket: Socket & Parsed): void {
  if (socket.parser) socket.parser.onIncoming = () => NO_MORE
}
