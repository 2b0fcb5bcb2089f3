// Says no in time: when this process falls so far behind that answers would come too late to be of use, new requests get 503 with Retry-After at once, until it has caught up (RFC 9110 §15.6.4).
import underPressure from '@fastify/under-pressure'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { OAuthError } from '../../errors.ts'

/** Milliseconds that the event loop is late, as a mean of a second. A busy server is late by tens; clients wait for ten seconds and more. */
const LATEST = 1_000
const SAMPLE_MS = 1_000
const RETRY_AFTER_SECONDS = 5

class Overloaded extends OAuthError {
  constructor () {
    super('temporarily_unavailable', 503, 'This server has more to do than it can. Nothing was changed; try again in a few seconds.')
  }
}

export default fp(async function load (app: FastifyInstance) {
  await app.register(underPressure, { maxEventLoopDelay: LATEST, sampleInterval: SAMPLE_MS, retryAfter: RETRY_AFTER_SECONDS, customError: Overloaded })
}, { name: 'load' })

/** For a route that must be answered all the same: whether the process lives can be asked however busy it is. */
export const answersUnderLoad = { config: { pressureHandler: () => undefined } }
