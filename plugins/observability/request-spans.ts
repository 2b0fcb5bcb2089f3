// The spans of a request: one for HTTP and, where the body is an MCP message, one for the message.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { FastifyInstance } from 'fastify'
import { readPlace, type Attributes, type Carrier, type OpenSpan, type Place, type Span } from './spans.ts'

const MAX_NAME_LENGTH = 64
const METHOD = /^[a-z]+(?:\/[a-z_]+)*$/i

export function traceRequests (app: FastifyInstance, open: OpenSpan, active: AsyncLocalStorage<Place>): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const {
      method,
      routeOptions: { url }
    } = request
    // The route as it is written here, never the URL as it was asked for: that holds codes and handles.
    const attributes = {
      'http.request.method': method,
      ...(url && { 'http.route': url })
    }
    const parent = readPlace(request.headers)
    const span = open(`${method} ${url ?? 'none'}`, 'server', attributes, parent)
    request.spans = [span]
    active.run(span.place, done)
  })
  // Once more after the body was read: its events come from outside of the request's own context.
  app.addHook('preHandler', (request, _reply, done) => {
    const [{ place: http }] = request.spans as [Span]
    const message = readMessage(request.body)
    if (!message) return active.run(http, done)
    const named = readPlace(message.meta)
    const links = named ? [http] : []
    const span = open(message.method, 'server', message.attributes, named ?? http, links)
    request.spans.push(span)
    active.run(span.place, done)
  })
  app.addHook('onError', async (request, _reply, error) => {
    // The name alone: a message may quote what was sent.
    for (const span of request.spans) span.set('error.type', error.name)
  })
  app.addHook('onResponse', async (request, { statusCode }) => {
    request.spans[0]!.set('http.response.status_code', statusCode)
    for (const span of request.spans.reverse()) {
      if (statusCode >= 500) span.fail()
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
