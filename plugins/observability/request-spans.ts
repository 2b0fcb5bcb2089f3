// The spans of a request: one for HTTP and, where the body is an MCP message, one for the message.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Attributes, Context, Span } from '@opentelemetry/api'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Carrier, Tools } from './opentelemetry.ts'

const MAX_NAME_LENGTH = 64
const METHOD = /^[a-z]+(?:\/[a-z_]+)*$/i

export function traceRequests (
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
