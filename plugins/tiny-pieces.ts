// Bodies that arrive in tiny pieces: each takes some hundred bytes of memory until the body is whole, however little it holds,
// and some microseconds (threat BW-25).
import type { FastifyInstance } from 'fastify'

/** That may be of any size. */
export const FREE_PIECES = 1_000
/** Of all pieces of a body that has more. */
const MIN_MEAN_BYTES = 64

class TinyPieces extends Error {
  readonly statusCode = 400
}

/** Ends the connection of a request whose body does. */
export function refuseTinyPieces (app: FastifyInstance): void {
  app.addHook('preParsing', ({ raw }, _reply, payload, done) => {
    let [pieces, bytes] = [0, 0]
    // Whoever reads the body listens before the first piece comes.
    if (raw.headers['transfer-encoding'] !== undefined || raw.headers['content-length'] !== undefined) {
      payload.on('data', (piece: Buffer) => {
        bytes += piece.length
        if (++pieces > FREE_PIECES && bytes < pieces * MIN_MEAN_BYTES) raw.destroy(new TinyPieces('the body comes in too small pieces'))
      })
    }
    done(null, payload)
  })
}
