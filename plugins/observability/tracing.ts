// Traces to an OpenTelemetry collector: a span for each request, each MCP message and each step of storage, in the
// trace that the caller named (W3C Trace Context, in the headers or in MCP's `_meta`). No library is loaded, and
// nothing is traced, unless OTEL_EXPORTER_OTLP_ENDPOINT is set.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Context, Span } from '@opentelemetry/api'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config/index.ts'
import type { Observe } from '../storage/instrumented.ts'
import { start } from './opentelemetry.ts'
import { traceRequests } from './request-spans.ts'
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
    const { tools, shutdown } = await start(otlp)
    const active = new AsyncLocalStorage<Context>()
    traceRequests(app, tools, active)
    app.tracing = { observe: traceStorage(tools, active) }
    app.addHook('onClose', async () => {
      await shutdown().catch((error: unknown) => app.log.warn({ err: error }, 'the last traces could not be sent'))
    })
  },
  { name: 'tracing' }
)
