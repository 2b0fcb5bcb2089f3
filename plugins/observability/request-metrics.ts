// HTTP requests as Prometheus reads them: how many, how long they take, and which are refused.
import type { FastifyInstance } from 'fastify'
import type { Counter, Histogram, Registry } from 'prom-client'
import { OAuthError } from '../../errors.ts'
import { whenClosed } from '../when-closed.ts'
import { BUCKETS, type Prometheus } from './prometheus.ts'

export function countRequests (prometheus: Prometheus, registry: Registry, app: FastifyInstance): void {
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

  app.addHook('onRequest', (_request, reply, done) => {
    open.inc()
    // Also where the client goes before the answer has ended: no hook tells of that.
    whenClosed(reply.raw, () => open.dec())
    done()
  })
  app.addHook('onError', async (request, _reply, error) => {
    refusals.inc({ code: codeOf(error), route: routeOf(request) })
  })
  app.addHook('onResponse', (request, reply, done) => {
    requests.inc({ method: request.method, route: routeOf(request), status: reply.statusCode })
    seconds.observe({ route: routeOf(request) }, reply.elapsedTime / 1000)
    done()
  })
}

const routeOf = (request: { routeOptions: { url?: string | undefined } }): string => request.routeOptions.url ?? 'none'

function codeOf (error: Error & { statusCode?: number; code?: string | number }): string {
  if (error instanceof OAuthError) return error.code
  if (/Unavailable$/.test(error.name)) return 'temporarily_unavailable'
  return error.statusCode !== undefined && error.statusCode < 500 ? 'invalid_request' : 'server_error'
}
