// What Prometheus reads: requests, refusals, what the audit log says of sign-ins, tokens and tool calls, storage, the
// process, the documents; nothing of it, and no library loaded, unless METRICS_TOKEN is set. Labels come from closed
// sets of ours, never from what somebody sent.
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Counter, Histogram, Registry } from 'prom-client'
import * as server from '../../version.ts'
import type { Config } from '../../config/index.ts'
import { OAuthError } from '../../errors.ts'
import type { Observe } from '../storage/instrumented.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** `undefined` without METRICS_TOKEN. */
    metrics: Metrics | undefined
  }
}

export interface Metrics {
  /** Of the text that {@link Metrics.read} returns. */
  readonly contentType: string
  read(): Promise<string>
  /** Times storage. */
  readonly observe: Observe
}

type Prometheus = typeof import('prom-client')

/** Seconds: from a lookup in SQLite to a tool at its deadline. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export default fp(
  async function metrics (app: FastifyInstance, { metricsToken }: Pick<Config, 'metricsToken'>) {
    if (metricsToken === undefined) {
      app.decorate('metrics', undefined)
      return
    }
    const prometheus = (await import('prom-client')).default
    const registry = new prometheus.Registry()
    prometheus.collectDefaultMetrics({ register: registry })
    describeServer(prometheus, registry, app)
    countRequests(prometheus, registry, app)
    countEvents(prometheus, registry, app)
    app.decorate('metrics', {
      contentType: registry.contentType,
      read: () => registry.metrics(),
      observe: timeStorage(prometheus, registry)
    })
  },
  { name: 'metrics' }
)

function describeServer (prometheus: Prometheus, registry: Registry, app: FastifyInstance): void {
  const registers = [registry]
  new prometheus.Gauge({
    name: 'mcp_info',
    help: 'Always 1; its labels say what runs.',
    labelNames: ['version', 'node'],
    registers
  }).set({ version: server.version, node: process.version }, 1)
  const gauge = (name: string, help: string, read: () => number | Promise<number>) =>
    new prometheus.Gauge({
      name,
      help,
      registers,
      async collect () {
        try {
          this.set(await read())
        } catch (err) {
          // One figure that cannot be had must not take all others along, nor look as if nothing ran.
          this.remove()
          app.log.warn({ err }, `${name} could not be read`)
        }
      }
    })
  gauge('mcp_documents', 'Documents in the index.', () => app.library.count())
  gauge('mcp_documents_left_out', 'Files of the folder that are no documents.', () => app.library.leftOut().length)
  gauge(
    'mcp_index_complete',
    '1 once the folder of documents was read in full, and while the index takes what changes.',
    () => Number(app.library.isComplete())
  )
}

function countRequests (prometheus: Prometheus, registry: Registry, app: FastifyInstance): void {
  const registers = [registry]
  const requests: Counter = new prometheus.Counter({
    name: 'mcp_http_requests_total',
    help: 'Answered requests.',
    labelNames: ['method', 'route', 'status'],
    registers
  })
  const seconds: Histogram = new prometheus.Histogram({
    name: 'mcp_http_request_duration_seconds',
    help: 'From the head of a request to the end of its answer.',
    labelNames: ['route'],
    buckets: BUCKETS,
    registers
  })
  const open = new prometheus.Gauge({
    name: 'mcp_http_requests_open',
    help: 'Requests that are being answered, streams included.',
    registers
  })
  const refusals: Counter = new prometheus.Counter({
    name: 'mcp_refusals_total',
    help: 'Requests that were refused, by error code (docs/errors.md).',
    labelNames: ['code', 'route'],
    registers
  })

  app.addHook('onRequest', async () => {
    open.inc()
  })
  app.addHook('onError', async (request, _reply, error) => {
    refusals.inc({ code: codeOf(error), route: routeOf(request) })
  })
  app.addHook('onResponse', async (request, reply) => {
    open.dec()
    requests.inc({ method: request.method, route: routeOf(request), status: reply.statusCode })
    seconds.observe({ route: routeOf(request) }, reply.elapsedTime / 1000)
  })
}

/**
 * The audit log has one event for each thing that matters; what it counts here are their names, never whose they are.
 */
function countEvents (prometheus: Prometheus, registry: Registry, app: FastifyInstance): void {
  const registers = [registry]
  const events = new prometheus.Counter({
    name: 'mcp_events_total',
    help: 'Events of the audit log: sign-ins, tokens, refreshes, reuse, revocations, limits …',
    labelNames: ['event', 'reason'],
    registers
  })
  const signIns = new prometheus.Counter({
    name: 'mcp_sign_ins_total',
    help: 'People who signed in, or tried to.',
    labelNames: ['backend', 'outcome'],
    registers
  })
  const calls = new prometheus.Counter({
    name: 'mcp_tool_calls_total',
    help: 'Calls of tools.',
    labelNames: ['tool', 'outcome'],
    registers
  })
  const seconds = new prometheus.Histogram({
    name: 'mcp_tool_call_duration_seconds',
    help: 'How long tools ran.',
    labelNames: ['tool'],
    buckets: BUCKETS,
    registers
  })
  app.addHook('onReady', async () =>
    app.audit.listen(({ event, reason = '', backend = '', tool = '', outcome = 'ok', ms }) => {
      events.inc({ event, reason })
      if (event === 'sign_in' || event === 'sign_in_failed') { signIns.inc({ backend, outcome: event === 'sign_in' ? 'ok' : 'failed' }) }
      if (event !== 'tool_call') return
      calls.inc({ tool, outcome })
      if (ms !== undefined) seconds.observe({ tool }, ms / 1000)
    })
  )
}

const routeOf = (request: { routeOptions: { url?: string | undefined } }): string => request.routeOptions.url ?? 'none'

function codeOf (error: Error & { statusCode?: number; code?: string | number }): string {
  if (error instanceof OAuthError) return error.code
  if (/Unavailable$/.test(error.name)) return 'temporarily_unavailable'
  return error.statusCode !== undefined && error.statusCode < 500 ? 'invalid_request' : 'server_error'
}

function timeStorage (prometheus: Prometheus, registry: Registry): Observe {
  const seconds = new prometheus.Histogram({
    name: 'mcp_storage_operation_duration_seconds',
    help: 'Operations of the OAuth storage.',
    labelNames: ['operation', 'outcome'],
    buckets: BUCKETS,
    registers: [registry]
  })
  return async (operation, _kind, work) => {
    const end = seconds.startTimer({ operation })
    try {
      const result = await work()
      end({ outcome: 'ok' })
      return result
    } catch (error) {
      end({ outcome: 'failed' })
      throw error
    }
  }
}
