// What Prometheus reads: requests, refusals, what the audit log says of sign-ins, tokens and tool calls, storage, the
// process, the documents; nothing is measured, and no library loaded, unless METRICS_TOKEN is set. Labels come from closed
// sets of ours, never from what a client sent.
// This room owns what an operator sees of a running server: the log, metrics, traces, the audit log (audit/), and the
// refusal under load. It hands on only observers; nothing depends on what they see.
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { findPackage } from '../../authoring/optional-package.ts'
import type { Config } from '../../config/index.ts'
import { StartError } from '../../errors.ts'
import type { Observe } from '../storage/instrumented.ts'
import { countEvents } from './event-metrics.ts'
import { countRequests } from './request-metrics.ts'
import { describeServer, timeStorage } from './server-metrics.ts'
import { countUpstreams } from './upstream-metrics.ts'

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

export default fp(
  async function metrics (app: FastifyInstance, { metricsToken }: Pick<Config, 'metricsToken'>) {
    if (metricsToken === undefined) {
      app.decorate('metrics', undefined)
      return
    }
    const prometheus = (await findPackage(() => import('prom-client')))?.default
    if (prometheus === undefined) {
      throw new StartError('METRICS_TOKEN: metrics need a package that is not installed. Run: npm install prom-client@15')
    }
    const registry = new prometheus.Registry()
    prometheus.collectDefaultMetrics({ register: registry })
    describeServer(prometheus, registry, app)
    countRequests(prometheus, registry, app)
    countEvents(prometheus, registry, app)
    countUpstreams(prometheus, registry, app)
    app.decorate('metrics', {
      contentType: registry.contentType,
      read: () => registry.metrics(),
      observe: timeStorage(prometheus, registry)
    })
  },
  { name: 'metrics' }
)
