// Traces to an OpenTelemetry collector: a span for each request, each MCP message and each step of storage, in the
// trace that the caller named (W3C Trace Context, in the headers or in MCP's `_meta`). No library is loaded, and
// nothing is traced, unless OTEL_EXPORTER_OTLP_ENDPOINT is set.
import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Attributes, Context, Span, Tracer } from '@opentelemetry/api'
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import * as server from '../../version.ts'
import type { Config } from '../../config/index.ts'
import type { Observe } from '../storage/instrumented.ts'

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

type Api = typeof import('@opentelemetry/api')
/** What a caller may say of its own trace (MCP 2026-07-28 "_meta"; W3C Trace Context §3.2, §3.3). */
type Carrier = Readonly<Record<string, unknown>>
interface Tools {
  api: Api
  tracer: Tracer
  extract(carrier: Carrier): Context
}

const MAX_NAME_LENGTH = 64
/** How long the end of the process waits for a collector that does not answer. */
const SHUTDOWN_MS = 2_000
const METHOD = /^[a-z]+(?:\/[a-z_]+)*$/i

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

async function start ({
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

function traceRequests (
  app: FastifyInstance,
  { api, tracer, extract }: Tools,
  active: AsyncLocalStorage<Context>
): void {
  const open = (
    request: FastifyRequest,
    name: string,
    parent: Context,
    attributes: Attributes,
    links: Span[] = []
  ): Context => {
    const span = tracer.startSpan(
      name,
      { kind: api.SpanKind.SERVER, attributes, links: links.map((linked) => ({ context: linked.spanContext() })) },
      parent
    )
    request.spans.push(span)
    return api.trace.setSpan(parent, span)
  }
  app.addHook('onRequest', (request, _reply, done) => {
    const {
      method,
      routeOptions: { url }
    } = request
    request.spans = []
    // The route as it is written here, never the URL as it was asked for: that holds codes and handles.
    active.run(
      open(request, `${method} ${url ?? 'none'}`, extract(request.headers), {
        'http.request.method': method,
        ...(url && { 'http.route': url })
      }),
      done
    )
  })
  // Once more after the body was read: its events come from outside of the request's own context.
  app.addHook('preHandler', (request, _reply, done) => {
    const [http] = request.spans as [Span]
    const inRequest = api.trace.setSpan(api.ROOT_CONTEXT, http)
    const message = readMessage(request.body)
    if (!message) return active.run(inRequest, done)
    const named = extract(message.meta)
    const isNamed = api.trace.getSpanContext(named) !== undefined
    return active.run(
      open(request, message.method, isNamed ? named : inRequest, message.attributes, isNamed ? [http] : []),
      done
    )
  })
  app.addHook('onError', async (request, _reply, error) => {
    // The name alone: a message may quote what was sent.
    for (const span of request.spans) span.setAttribute('error.type', error.name)
  })
  app.addHook('onResponse', async (request, { statusCode }) => {
    request.spans[0]!.setAttribute('http.response.status_code', statusCode)
    for (const span of request.spans.reverse()) {
      if (statusCode >= 500) span.setStatus({ code: api.SpanStatusCode.ERROR })
      span.end()
    }
  })
}

/** The method, trace and tool of a JSON-RPC message, if the body is one. */
function readMessage (body: unknown): { method: string; meta: Carrier; attributes: Attributes } | undefined {
  const { jsonrpc, method, params } = Object(body) as {
    jsonrpc?: unknown
    method?: unknown
    params?: { name?: unknown; _meta?: unknown }
  }
  if (jsonrpc !== '2.0' || typeof method !== 'string' || method.length > MAX_NAME_LENGTH || !METHOD.test(method)) { return undefined }
  const tool =
    method === 'tools/call' && typeof params?.name === 'string' ? params.name.slice(0, MAX_NAME_LENGTH) : undefined
  return {
    method,
    meta: Object(params?._meta) as Carrier,
    attributes: { 'mcp.method.name': method, ...(tool !== undefined && { 'gen_ai.tool.name': tool }) }
  }
}

const traceStorage =
  ({ api, tracer }: Tools, active: AsyncLocalStorage<Context>): Observe =>
    async (operation, kind, work) => {
      const parent = active.getStore()
      // What no request asked for, such as a sweep, is in no trace.
      if (!parent) return work()
      const span = tracer.startSpan(
      `storage ${operation}`,
      { kind: api.SpanKind.CLIENT, attributes: { 'db.operation.name': operation, 'db.collection.name': kind } },
      parent
      )
      try {
        return await work()
      } catch (error) {
        span.setStatus({ code: api.SpanStatusCode.ERROR })
        throw error
      } finally {
        span.end()
      }
    }
