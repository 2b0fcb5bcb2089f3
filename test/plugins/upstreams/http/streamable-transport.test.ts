// A call goes the short way and the SDK's own, against the same server: what is sent, what comes back and what fails is
// the same.
import { Agent } from 'node:http'
import { StreamableHTTPClientTransport, type JSONRPCMessage, type Transport } from '@modelcontextprotocol/client'
import t, { type Test } from 'tap'
import { UpstreamError } from '../../../../plugins/upstreams/contract.ts'
import { createFetch, type FetchOptions } from '../../../../plugins/upstreams/http/fetch.ts'
import { createLargeAnswers } from '../../../../plugins/upstreams/http/large-answers.ts'
import { createMessagePlaces } from '../../../../plugins/upstreams/http/message-places.ts'
import { createSharedBudget } from '../../../../plugins/upstreams/shared-budget.ts'
import { StreamableTransport } from '../../../../plugins/upstreams/http/streamable-transport.ts'
import { startHttpUpstream, type HttpFault } from '../../../fixtures/upstreams/http-server.ts'
import { settingsOf } from '../../../helpers/memory-upstream.ts'
import { until } from '../../../helpers/until.ts'

const modernMeta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' }
const callOf = (name: string, _meta?: Record<string, unknown>): JSONRPCMessage =>
  ({ jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name, arguments: { text: 'hi' }, ...(_meta && { _meta }) } })

/** One of each kind to the same address. */
async function openBoth (t: Test, address: string) {
  const url = new URL(address)
  const settings = settingsOf({
    name: 'crm',
    target: { kind: 'http', url: address, headers: { 'x-api-key': 'k', 'mcp-name': 'of the operator' } },
    identity: 'headers',
    timeoutMs: 5_000
  })
  const [requests, streams] = [new Agent({ keepAlive: true }), new Agent()]
  const agents = { requests, streams, large: createLargeAnswers(), said: createSharedBudget(), messages: createMessagePlaces() }
  t.teardown(() => [requests, streams].forEach((agent) => agent.destroy()))
  const open = (make: (options: FetchOptions) => Transport) => {
    const transport: Transport = make({
      settings,
      url,
      kind: 'streamable',
      agents,
      identityHeaders: () => ({ 'x-forwarded-user': 'ann' }),
      onFailure: (id, error) =>
        transport.onmessage?.({ jsonrpc: '2.0', id, error: { code: -32000, message: error.message, data: error } }),
      onEnd: () => {}
    })
    t.teardown(() => transport.close())
    return transport
  }
  const both = {
    short: open((options) => new StreamableTransport(url, createFetch(options))),
    sdk: open((options) => new StreamableHTTPClientTransport(url, { fetch: createFetch(options).fetch }))
  }
  for (const transport of Object.values(both)) {
    await transport.start()
    transport.setProtocolVersion?.('2025-11-25')
  }
  return both
}

const withoutClass = (error: unknown) =>
  error instanceof UpstreamError
    ? { fault: error.fault, message: error.message, wasSent: error.wasSent }
    : { name: (error as Error).name, message: (error as Error).message }

/** Everything that somebody who sends a call can see. */
async function send (transport: Transport, message: JSONRPCMessage, headers: Record<string, string> = {}) {
  const messages: unknown[] = []
  const reported: unknown[] = []
  const isAnswered = () => messages.some((each) => (each as { id?: number }).id === 7)
  transport.onmessage = (each) => messages.push(each)
  // That a stream has broken is said later, when the call has failed already.
  transport.onerror = (error) => error.message.startsWith('SSE stream disconnected') || reported.push(withoutClass(error))
  const thrown = await transport.send(message, { headers }).then(() => undefined, withoutClass)
  if (!thrown) await until(isAnswered)
  const plain = messages.map((each) => {
    const { data } = (each as { error?: { data?: unknown } }).error ?? {}
    return data instanceof UpstreamError ? withoutClass(data) : each
  })
  return { messages: plain, reported, thrown }
}

const result = '{"jsonrpc":"2.0","id":7,"result":{"content":[]}'
const error = '{"jsonrpc":"2.0","id":7,"error":{"code":-32602,"message":"no"}}'
const json = { 'content-type': 'application/json' }
const odd: Array<[string, HttpFault]> = [
  ['a member that JSON-RPC does not have', { status: 200, headers: json, body: `${result},"more":1}` }],
  ['a batch', { status: 200, headers: json, body: `[${result}}]` }],
  ['an error', { status: 200, headers: json, body: error }],
  ['an error with status 400', { status: 400, headers: json, body: error }],
  ['a result that is a list', { status: 200, headers: json, body: '{"jsonrpc":"2.0","id":7,"result":[]}' }],
  ['no JSON-RPC', { status: 200, headers: json, body: '{"hello":1}' }],
  ['nothing', { status: 200, headers: json, body: '' }],
  ['a page', 'html'],
  ['no JSON', 'garbage'],
  ['too much', 'huge'],
  ['nested too deep', 'deep'],
  ['half of it', 'half'],
  ['a connection that is reset', 'reset'],
  ['another address', 'redirect'],
  ['401', { status: 401, headers: { 'www-authenticate': 'Bearer realm="crm"' } }],
  ['404', { status: 404 }],
  ['429', { status: 429, headers: { 'retry-after': '3' } }],
  ['500', { status: 500, body: 'secret' }],
  ['a compressed answer', { status: 200, headers: { ...json, 'content-encoding': 'gzip' }, body: 'x' }],
  ['a progress before the result', {
    status: 200,
    headers: { 'content-type': 'text/event-stream' },
    body: 'data: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7,"progress":1}}\n\n' +
      `data: ${result}}\n\n`
  }],
  ['events without the answer', { status: 200, headers: { 'content-type': 'text/event-stream' }, body: ': nothing\n\n' }]
]

t.test('a call is the same request in both versions, with the head that this server alone decides', async (t) => {
  const server = await startHttpUpstream(t)
  const { short, sdk } = await openBoth(t, server.url)
  const given = { 'mcp-param-Region': 'eu', authorization: 'x', 'x-forwarded-user': 'eve', 'mcp-session-id': 'eve' }
  for (const message of [callOf('echo'), callOf('echo', modernMeta), callOf('größe', modernMeta), callOf('=?base64?', modernMeta)]) {
    t.same(await send(short, message, given), await send(sdk, message, given))
    const [one, other] = server.requests.slice(-2)
    t.same(one, other)
    t.match(one!.headers, { 'x-forwarded-user': 'ann', 'x-api-key': 'k', authorization: undefined, 'mcp-session-id': undefined })
  }
})

t.test('every answer and every fault is the same on both ways', async (t) => {
  for (const answers of ['json', 'sse'] as const) {
    const server = await startHttpUpstream(t, { answers })
    const { short, sdk } = await openBoth(t, server.url)
    for (const [title, fault] of [['as it should be', undefined], ...odd] as Array<[string, HttpFault | undefined]>) {
      server.fault = fault
      const before = server.requests.length
      const message = callOf('echo', modernMeta)
      t.same(await send(short, message), await send(sdk, message), `${answers}: ${title}`)
      t.equal(server.requests.length, before + 2, 'each was sent once')
    }
  }
})

t.test('a call ends with its signal and with its connection', async (t) => {
  const server = await startHttpUpstream(t)
  server.fault = 'hang'
  const { short } = await openBoth(t, server.url)
  const controller = new AbortController()
  const first = short.send(callOf('echo'), { requestSignal: controller.signal })
  await until(() => server.requests.length === 1)
  controller.abort()
  await t.rejects(first)
  const second = short.send(callOf('echo'))
  await until(() => server.requests.length === 2)
  await short.close()
  t.match(await second.catch(withoutClass), { fault: 'ended' })
  t.match(await short.send(callOf('echo')).catch(withoutClass), { fault: 'ended', wasSent: false })
  t.equal(server.requests.length, 2, 'nothing is sent any more')
})
