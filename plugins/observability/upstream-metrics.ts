// The existing servers behind this one as Prometheus reads them: whether they answer, how fast, and what fails. Labels are
// their configured names, our methods and our faults.
import type { FastifyInstance } from 'fastify'
import type { Registry } from 'prom-client'
import type { UpstreamStatus } from '../upstreams/contract.ts'
import { BUCKETS, type Prometheus } from './prometheus.ts'

export function countUpstreams (prometheus: Prometheus, registry: Registry, app: FastifyInstance): void {
  const registers = [registry]
  const gauge = (name: string, help: string, read: (status: UpstreamStatus) => number) =>
    new prometheus.Gauge({
      name,
      help,
      labelNames: ['upstream'],
      registers,
      collect () {
        // One that mcp.json no longer names is gone from here as well.
        this.reset()
        for (const one of app.upstreams.all) this.set({ upstream: one.settings.name }, read(one.status()))
      }
    })
  gauge(
    'mcp_upstream_up',
    '0 while the last attempt to reach an existing server has failed.',
    ({ state }) => Number(state !== 'failing')
  )
  gauge('mcp_upstream_connections', 'Open processes or sessions of an existing server.', ({ connections }) => connections)
  const requests = new prometheus.Counter({
    name: 'mcp_upstream_requests_total',
    help: 'Requests to existing servers, by what became of them.',
    labelNames: ['upstream', 'method', 'outcome'],
    registers
  })
  const seconds = new prometheus.Histogram({
    name: 'mcp_upstream_request_duration_seconds',
    help: 'How long existing servers took to answer.',
    labelNames: ['upstream'],
    buckets: BUCKETS,
    registers
  })
  app.addHook('onReady', async () => {
    app.upstreams.onCall(({ upstream, method, outcome, ms }) => {
      requests.inc({ upstream, method, outcome })
      seconds.observe({ upstream }, ms / 1000)
    })
  })
}
