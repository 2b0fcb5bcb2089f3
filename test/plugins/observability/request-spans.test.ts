// The spans of a request, its message and its storage, in the trace that the client named.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { newClient, tokensFor } from '../../helpers/oauth.ts'
import { startServer } from '../../helpers/server.ts'

/** A collector that keeps what it is sent. */
async function startCollector (t: Test) {
  interface SpanRecord {
    name: string
    kind: number
    traceId: string
    spanId: string
    parentSpanId?: string
    links?: Array<{ spanId: string }>
    status: { code?: number }
    attributes: Array<{ key: string; value: Record<string, unknown> }>
  }
  interface Export {
    resourceSpans: Array<{
      resource: { attributes: SpanRecord['attributes'] }
      scopeSpans: Array<{ spans: SpanRecord[] }>
    }>
  }
  const exports: Export[] = []
  const asked: string[] = []
  const server = createServer(async (request, response) => {
    asked.push(`${request.url} ${request.headers['x-team']}`)
    exports.push((await json(request)) as Export)
    response.setHeader('content-type', 'application/json').end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    exports,
    spans: () =>
      exports.flatMap(({ resourceSpans }) =>
        resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
      )
  }
}

t.test('traces: the request, the message and the storage behind it, in the trace that the client named', async (t) => {
  const collector = await startCollector(t)
  const server = await startServer(t, {
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-team=search%20team',
      OTEL_SERVICE_NAME: 'my-server'
    }
  })
  const { url } = server
  const { access, refresh, form } = await tokensFor(url, await newClient(url))
  const call = (params: object, headers: Record<string, string> = {}) =>
    fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${access}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: 'search', arguments: { query: 'private question' }, ...params }
      })
    })
  const inHeader = '0af7651916cd43dd8448eb211c80319c'
  const inMeta = '4bf92f3577b34da6a3ce929d0e0e4736'
  t.equal((await call({}, { traceparent: `00-${inHeader}-b7ad6b7169203331-01` })).status, 200)
  t.equal((await call({ _meta: { traceparent: `00-${inMeta}-00f067aa0ba902b7-01` } })).status, 200)
  t.equal((await call({ _meta: { traceparent: 'nonsense' } })).status, 200)
  await server.close()

  const spans = collector.spans()
  const attributes = ({ attributes }: (typeof spans)[number]) =>
    Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
  const [http] = spans.filter(({ traceId, name }) => traceId === inHeader && name === 'POST /')
  t.equal(http!.parentSpanId, 'b7ad6b7169203331')
  t.match(attributes(http!), { 'http.route': '/', 'http.request.method': 'POST', 'http.response.status_code': 200 })
  const [message] = spans.filter(({ traceId, name }) => traceId === inHeader && name === 'tools/call')
  t.equal(message!.parentSpanId, http!.spanId)
  t.match(attributes(message!), { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'search' })
  t.ok(
    spans.some(
      ({ name, traceId, parentSpanId }) =>
        name === 'storage find' && traceId === inHeader && parentSpanId === http!.spanId
    ),
    'the token was looked up within the request'
  )

  const [named] = spans.filter(({ traceId }) => traceId === inMeta)
  t.match(named, { name: 'tools/call', parentSpanId: '00f067aa0ba902b7' })
  const linked = spans.find(({ spanId }) => spanId === named!.links![0]!.spanId)
  t.equal(linked!.name, 'POST /', 'linked to the request that carried it')

  t.same([...new Set(collector.asked)], ['/v1/traces search team'])
  t.match(JSON.stringify(collector.exports[0]!.resourceSpans[0]!.resource), /my-server/)
  const everything = JSON.stringify(collector.exports)
  for (const secret of [access, refresh, form['code']!, form['code_verifier']!, 'private question', 'code_challenge']) { t.notMatch(everything, secret, 'no span holds what was sent') }
})
