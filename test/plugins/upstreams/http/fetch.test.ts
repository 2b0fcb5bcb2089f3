// What goes out to an upstream, byte by byte: the SDK's own headers, those of mcp.json, and who is calling if it is told
// (threats UH-01, UH-02).
import { Agent, type ServerResponse } from 'node:http'
import t from 'tap'
import { createFetch } from '../../../../plugins/upstreams/http/fetch.ts'
import { MAX_SOCKETS } from '../../../../plugins/upstreams/http/index.ts'
import { createLargeAnswers } from '../../../../plugins/upstreams/http/large-answers.ts'
import { createMessagePlaces } from '../../../../plugins/upstreams/http/message-places.ts'
import { createSharedBudget } from '../../../../plugins/upstreams/shared-budget.ts'
import { startHttpUpstream } from '../../../fixtures/upstreams/http-server.ts'
import { ann, connectHttp, httpSettings } from '../../../helpers/http-upstreams.ts'
import { until } from '../../../helpers/until.ts'
import { listen } from '../../../helpers/upstream-over-http.ts'

const SDK = ['accept', 'content-type', 'content-length', 'mcp-protocol-version', 'mcp-session-id', 'mcp-method', 'mcp-name']
const NODE = ['host', 'connection']

t.test('a request has the headers of the SDK and of mcp.json, and nothing of the caller (UH-01)', async (t) => {
  const upstream = await startHttpUpstream(t, { sessions: true })
  const settings = httpSettings(upstream.url, {}, {
    'x-api-key': 'of the operator',
    cookie: 'tenant=1'
  })
  const client = await connectHttp(t, settings, { caller: ann })
  await client.callTool({ name: 'echo', arguments: { text: 'hi' } })
  t.ok(await until(() => upstream.streams.size === 1))
  const allowed = new Set([...SDK, ...NODE, 'accept-encoding', 'x-api-key', 'cookie'])
  for (const { headers } of upstream.requests) {
    t.same(Object.keys(headers).filter((name) => !allowed.has(name)), [])
    t.match(headers, {
      'x-api-key': 'of the operator',
      cookie: 'tenant=1',
      'accept-encoding': 'identity'
    })
  }
  t.notMatch(upstream.bytes(), /user-1|ann@example|Ann|sales|app-1|authorization|x-forwarded/i)
})

t.test('an argument is repeated in a header of any name that a header can have', async (t) => {
  const upstream = await startHttpUpstream(t)
  const client = await connectHttp(t, httpSettings(upstream.url))
  const headers = { 'mcp-param-a_b': 'eu', cookie: 'no' }
  await client.request(
    { method: 'tools/call', params: { name: 'echo', arguments: { text: 'hi' } } }, { headers }
  )
  t.equal(upstream.requests.at(-1)!.headers['mcp-param-a_b'], 'eu')
  t.equal(upstream.requests.at(-1)!.headers.cookie, undefined)
})

t.test('who is calling is told by headers, which mcp.json cannot forge (UH-02)', async (t) => {
  const upstream = await startHttpUpstream(t)
  const forged = {
    'x-forwarded-email': 'root@example.com',
    'x-forwarded-groups': 'admins'
  }
  const settings = httpSettings(upstream.url, { identity: 'headers' }, forged)
  await connectHttp(t, settings, { caller: ann })
  await connectHttp(t, settings, { caller: { id: 'user-2', groups: [], clientId: 'app-1' } })
  await connectHttp(t, settings)
  const told = upstream.requests.filter(({ body }) => body.includes('"initialize"')).map(({ headers }) =>
    Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-forwarded'))))
  t.same(told, [
    {
      'x-forwarded-user': 'user-1',
      'x-forwarded-email': 'ann@example.com',
      'x-forwarded-name': 'Ann%20%C3%84hle',
      'x-forwarded-groups': 'sales,north%2C%20east'
    },
    { 'x-forwarded-user': 'user-2' },
    {}
  ])
})

t.test('with a token the authorization of mcp.json stays here (UH-02)', async (t) => {
  const upstream = await startHttpUpstream(t)
  await connectHttp(
    t, httpSettings(upstream.url, { identity: 'token' }, { authorization: 'Basic forged' }), { caller: ann }
  )
  t.notMatch(upstream.bytes(), /forged/)
  for (const { headers } of upstream.requests) t.match(headers.authorization, /^Bearer signed\./)
})

t.test('a request that its caller gave up is told to the upstream, and its connection is closed', async (t) => {
  const upstream = await startHttpUpstream(t)
  const client = await connectHttp(t, httpSettings(upstream.url))
  upstream.fault = 'hang'
  const controller = new AbortController()
  const call = client.callTool({ name: 'echo' }, { signal: controller.signal })
  t.ok(await until(() => upstream.requests.some(({ body }) => body.includes('tools/call'))))
  const open = [...upstream.sockets].length
  controller.abort()
  await t.rejects(call)
  t.ok(
    await until(() => upstream.requests.some(({ body }) => body.includes('notifications/cancelled')))
  )
  t.ok(await until(() => upstream.sockets.size <= open), 'the connection of the call is closed')
})

t.test('an upstream that hangs holds what is canceled for a second, and is not sent what waited for a socket (UH-10)', async (t) => {
  const upstream = await startHttpUpstream(t)
  const client = await connectHttp(t, httpSettings(upstream.url, { timeoutMs: 30_000 }))
  Object.assign(upstream, { fault: 'hang', faultOn: ['tools/call', 'notifications/cancelled'] })
  const calls = (method: string) => upstream.requests.filter(({ body }) => body.includes(method)).length
  const call = (controller: AbortController) => client.callTool({ name: 'echo' }, { signal: controller.signal }).catch(() => {})
  const [sent, waiting] = [new AbortController(), new AbortController()]
  for (let number = 0; number < MAX_SOCKETS; number++) call(sent)
  t.ok(await until(() => calls('tools/call') === MAX_SOCKETS))
  const before = upstream.sockets.size
  for (let number = 0; number < 10; number++) call(waiting)
  waiting.abort()
  sent.abort()
  t.ok(
    await until(() => upstream.sockets.size <= before - MAX_SOCKETS), 'all sockets are free again'
  )
  t.equal(calls('tools/call'), MAX_SOCKETS)
})

t.test('an answer that is compressed, or no MCP, is refused before it is read', async (t) => {
  const upstream = await startHttpUpstream(t)
  const client = await connectHttp(t, httpSettings(upstream.url))
  const answers = [
    [{ status: 200, headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } }, /encoding gzip/],
    [{ status: 200, headers: { 'content-type': 'text/html' }, body: '<p>' }, /answered text\/html/],
    [{ status: 200 }, /without a type/]
  ] as const
  for (const [fault, message] of answers) {
    upstream.fault = fault
    await t.rejects(client.callTool({ name: 'echo' }), {
      message,
      fault: 'malformed'
    })
  }
})

/** Its requests, as those of a connection of its own. */
const fetchOf = (url: URL, kind: 'streamable' | 'sse', timeoutMs: number) => createFetch({
  settings: httpSettings(url.href, { timeoutMs }),
  url,
  kind,
  agents: {
    requests: new Agent(),
    streams: new Agent(),
    large: createLargeAnswers(),
    said: createSharedBudget(),
    messages: createMessagePlaces(3)
  },
  identityHeaders: () => ({}),
  onFailure () {},
  onEnd () {}
}).fetch

const post = (message: object) =>
  ({ method: 'POST', body: JSON.stringify({ jsonrpc: '2.0', ...message }) })

t.test('what acknowledges a message without an end is given up, in whatever form (UH-31)', async (t) => {
  const closed: string[] = []
  const address = await listen(t, (request, response) => {
    const type = request.url!.slice('/mcp/'.length)
    response.once('close', () => closed.push(type))
    response.writeHead(200, { 'content-type': type.replace('-', '/') })
    response.write(': x\n')
  })
  for (const [type, kind, message] of [
    ['text-event-stream', 'streamable', { method: 'notifications/a' }],
    ['text-plain', 'sse', { id: 1, method: 'ping' }]
  ] as const) {
    const url = new URL(`${address}/${type}`)
    const answer = await fetchOf(url, kind, 500)(url, post(message))
    await t.rejects(answer.text(), { name: 'UpstreamError', fault: 'timeout' })
    t.ok(await until(() => closed.includes(type)))
  }
})

t.test('of an upstream that asks and takes no answer few messages wait (UH-32)', async (t) => {
  const held: ServerResponse[] = []
  const url = new URL(await listen(t, (_request, response) => { held.push(response) }))
  const fetch = fetchOf(url, 'streamable', 2_000)
  const pong = post({ id: 1, result: {} })
  const sent = [1, 2, 3].map(() => fetch(url, pong))
  const refused = { name: 'UpstreamError', fault: 'busy', wasSent: false }
  await t.rejects(fetch(url, pong), refused)
  const cancel = { method: 'notifications/cancelled', params: { requestId: 2 } }
  const others = [post(cancel), post({ id: 2, method: 'ping' })].map((one) => fetch(url, one))
  t.ok(await until(() => held.length === 5), 'what people ask and cancel is sent')
  for (const response of held) response.writeHead(202).end()
  for (const answer of await Promise.all(sent)) await answer.text()
  await Promise.allSettled(others)
  const next = fetch(url, pong)
  t.ok(await until(() => held.length === 6))
  held[5]!.writeHead(202).end()
  t.match(await next, { status: 202 })
})

t.test('an address at another server, which an upstream may name, is not asked (UH-01)', async (t) => {
  let asked = 0
  const [own, other] = await Promise.all([1, 2].map(() => listen(t, (_request, response) => {
    asked++
    response.writeHead(202).end()
  })))
  const fetch = fetchOf(new URL(own!), 'sse', 500)
  for (const target of [new URL(other!), other!]) {
    await t.rejects(fetch(target, post({ method: 'notifications/a' })), {
      fault: 'failed',
      message: /which is another server/
    })
  }
  t.equal(asked, 0)
})
