// Bodies that arrive in tiny pieces: each takes some hundred bytes of memory until the body is whole, however little it holds,
// and some microseconds (threat BW-25).
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'

/** That may be of any size. */
export const FREE_PIECES = 1_000
/** Of all pieces of a body that has more. */
const MIN_MEAN_BYTES = 64

class TinyPieces extends Error {
  readonly statusCode = 400
}

/** In HTTP/2 no header says so (RFC 9113 §8.1). */
export const mayHaveBody = ({ httpVersionMajor, headers }: IncomingMessage): boolean =>
  httpVersionMajor > 1 || headers['transfer-encoding'] !== undefined || headers['content-length'] !== undefined

/** With HTTP/2 the connection carries others as well: only its stream ends. */
function end (raw: IncomingMessage & { stream?: { destroy(): void } }): void {
  raw.destroy(new TinyPieces('the body comes in too small pieces'))
  raw.stream?.destroy()
}

/** Ends the connection of a request whose body does. */
export function refuseTinyPieces (app: FastifyInstance): void {
  app.addHook('preParsing', ({ raw }, _reply, payload, done) => {
    let [pieces, bytes] = [0, 0]
    // Whoever reads the body listens before the first piece comes.
    if (mayHaveBody(raw)) {
      payload.on('data', (piece: Buffer) => {
        bytes += piece.length
        if (++pieces > FREE_PIECES && bytes < pieces * MIN_MEAN_BYTES) end(raw)
      })
    }
    done(null, payload)
  })
}
