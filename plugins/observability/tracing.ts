// Traces to an OpenTelemetry collector: a span for each request, each MCP message and each step of storage, in the
// trace that the caller named (W3C Trace Context, in the headers or in MCP's `_meta`). Nothing is traced
// unless OTEL_EXPORTER_OTLP_ENDPOINT is set.
import { AsyncLocalStorage } from 'node:async_hooks'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config/index.ts'
import type { Observe } from '../storage/instrumented.ts'
import { traceRequests } from './request-spans.ts'
import { createSpanExporter } from './span-exporter.ts'
import { spanOpener, type Place, type Span } from './spans.ts'
import { traceStorage } from './storage-spans.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** `undefined` without OTEL_EXPORTER_OTLP_ENDPOINT. */
    tracing: Tracing | undefined
  }
  interface FastifyRequest {
    spans: Span[]
  }
}

export interface Tracing {
  /** Writes each step of storage into the trace of the request that makes it. */
  readonly observe: Observe
}

export default fp(
  async function tracing (app: FastifyInstance, { otlp }: Pick<Config, 'otlp'>) {
    app.decorate('tracing', undefined)
    if (otlp === undefined) return
    const exporter = createSpanExporter(otlp, app.log)
    const open = spanOpener(exporter.add)
    const active = new AsyncLocalStorage<Place>()
    traceRequests(app, open, active)
    app.tracing = { observe: traceStorage(open, active) }
    app.addHook('onClose', exporter.close)
  },
  { name: 'tracing' }
)
