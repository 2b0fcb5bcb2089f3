// Starts OpenTelemetry, and reads the trace that a caller names (W3C Trace Context §3.2, §3.3).
import { setTimeout as sleep } from 'node:timers/promises'
import type { Context, Tracer } from '@opentelemetry/api'
import type { Config } from '../../config/index.ts'
import * as server from '../../version.ts'

type Api = typeof import('@opentelemetry/api')
/** What a caller may send about its trace (MCP 2026-07-28 "_meta"; W3C Trace Context §3.2, §3.3). */
export type Carrier = Readonly<Record<string, unknown>>
export interface Tools {
  api: Api
  tracer: Tracer
  extract(carrier: Carrier): Context
}
/** How long the end of the process waits for a collector that does not answer. */
const SHUTDOWN_MS = 2_000

export async function start ({
  endpoint,
  headers,
  serviceName
}: NonNullable<Config['otlp']>): Promise<{ tools: Tools; shutdown: () => Promise<void> }> {
  const [
    api,
    { W3CTraceContextPropagator },
    { BatchSpanProcessor, TracerProvider },
    { resourceFromAttributes },
    { OTLPTraceExporter }
  ] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/core'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/exporter-trace-otlp-http')
  ])
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName, 'service.version': server.version }),
    spanProcessors: [
      new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, headers }) })
    ]
  })
  const propagator = new W3CTraceContextPropagator()
  const getter = {
    keys: (carrier: Carrier) => Object.keys(carrier),
    get: (carrier: Carrier, key: string) => (typeof carrier[key] === 'string' ? carrier[key] : undefined)
  }
  return {
    tools: {
      api,
      tracer: provider.getTracer(server.name, server.version),
      extract: (carrier) => propagator.extract(api.ROOT_CONTEXT, carrier, getter)
    },
    shutdown: () => Promise.race([provider.shutdown(), sleep(SHUTDOWN_MS, undefined, { ref: false })])
  }
}
