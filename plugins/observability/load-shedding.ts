// Refuses in time: a process that is about to end reports it to load balancers, and one whose event loop lags too far behind
// answers new requests with 503 and Retry-After at once, until it has caught up (RFC 9110 §15.6.4).
import { monitorEventLoopDelay } from 'node:perf_hooks'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { OAuthError } from '../../errors.ts'

/**
 * The mean delay over one sample. A busy server lags by tens of milliseconds; clients wait for ten seconds and more.
 */
export const MAX_EVENT_LOOP_DELAY_MS = 1_000
const SAMPLE_MS = 1_000
const RESOLUTION_MS = 10
const RETRY_AFTER_SECONDS = 5

class Overloaded extends OAuthError {
  constructor () {
    super(
      'temporarily_unavailable',
      503,
      'This server has more to do than it can. Nothing was changed; try again in a few seconds.',
      { headers: { 'retry-after': String(RETRY_AFTER_SECONDS) } }
    )
  }
}

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Sets {@link FastifyInstance.isDraining}: requests are still served, but no more should be sent to this process.
     */
    drain(): void
    readonly isDraining: boolean
  }
  interface FastifyContextConfig {
    /** Whether the route is answered however busy the process is. */
    answersUnderLoad?: boolean
  }
}

export interface LoadOptions {
  /** `Infinity` never refuses, for tests: a busy build machine is no fault of what they try. */
  maxEventLoopDelayMs?: number
}

/**
 * Of our own, and not `@fastify/under-pressure`: that reads the process's memory in a timer, which throws, and so ends
 * the server, where file handles run out.
 */
export default fp(
  async function load (app: FastifyInstance, { maxEventLoopDelayMs = MAX_EVENT_LOOP_DELAY_MS }: LoadOptions) {
    let isDraining = false
    let isLate = false
    app.decorate('drain', () => {
      isDraining = true
    })
    app.decorate('isDraining', { getter: () => isDraining })

    const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
    let sampling: NodeJS.Timeout | undefined
    const sample = () => {
      // The histogram holds the timer's own interval as well, and NaN where the loop never turned.
      isLate = maxEventLoopDelayMs !== Infinity && !(delay.mean / 1e6 - RESOLUTION_MS <= maxEventLoopDelayMs)
      delay.reset()
    }
    // The start itself is no sign of load.
    app.addHook('onReady', async () => {
      delay.enable()
      sampling = setInterval(sample, SAMPLE_MS).unref()
    })
    app.addHook('onClose', () => {
      clearInterval(sampling)
      delay.disable()
    })
    app.addHook('onRequest', (request, _reply, done) => {
      done(isLate && !request.routeOptions.config.answersUnderLoad ? new Overloaded() : undefined)
    })
  },
  { name: 'load' }
)

/** For a route that must be answered however busy the process is, such as the health check. */
export const answersUnderLoad = { config: { answersUnderLoad: true } }
