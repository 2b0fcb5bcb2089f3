// Every message counts for its caller before anything of it runs, in both eras and of every kind.
import t, { type Test } from 'tap'
import { z } from 'zod'
import { definePrompt } from '../../../authoring/prompt.ts'
import { defineResource } from '../../../authoring/resource.ts'
import { defineTool, type Tool } from '../../../authoring/tool.ts'
import { Browser } from '../../helpers/browser.ts'
import { mcpClient, openStream, type Reply } from '../../helpers/mcp.ts'
import { newClient, post, tokensFor, walk } from '../../helpers/oauth.ts'
import { startServer } from '../../helpers/server.ts'

/** Ten seconds into a minute, so that none begins while a test runs. */
const NOW = Math.floor(Date.now() / 86_400_000) * 86_400 + 12 * 3600 + 10

function makeOffer (noauth = false) {
  const ran: string[] = []
  const about = { title: 'T', description: 'D', scopes: ['mcp:read' as const] }
  const runs = <Result>(name: string, result: Result) => async () => {
    ran.push(name)
    return result
  }
  const tool: Tool = {
    ...defineTool({
      ...about,
      name: 'act',
      input: z.object({}),
      annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false },
      async run () {
        ran.push('act')
      }
    }),
    noauth
  }
  const offer = {
    tools: [tool],
    resources: [
      defineResource({
        ...about,
        name: 'r',
        uri: 'r://{id}',
        read: runs('read', 'read'),
        list: runs('list', { resources: [] }),
        complete: { id: runs('complete', []) }
      })
    ],
    prompts: [
      definePrompt({
        ...about,
        name: 'p',
        arguments: z.object({ a: z.string() }),
        write: runs('write', 'write'),
        complete: { a: runs('complete', []) }
      })
    ]
  }
  return { ran, offer: offer as never }
}

async function open (t: Test, env: Record<string, string>, noauth = false) {
  const { ran, offer } = makeOffer(noauth)
  return { ...(await startServer(t, { env, offer, now: () => NOW })), ran }
}

const METHODS: Array<[method: string, params: Record<string, unknown>]> = [
  ['ping', {}],
  ['server/discover', {}],
  ['tools/list', {}],
  ['prompts/list', {}],
  ['resources/list', {}],
  ['resources/templates/list', {}],
  ['resources/read', { uri: 'r://1' }],
  ['prompts/get', { name: 'p', arguments: { a: '' } }],
  ['completion/complete', { ref: { type: 'ref/prompt', name: 'p' }, argument: { name: 'a', value: '' } }],
  ['subscriptions/listen', { notifications: {} }],
  [
    'initialize',
    { protocolVersion: '2025-11-25', capabilities: { elicitation: {} }, clientInfo: { name: 'x', version: '1' } }
  ],
  ['logging/setLevel', { level: 'info' }],
  ['resources/subscribe', { uri: 'r://1' }],
  ['no/such', {}]
]

function checkRefused (t: Test, { status, json, headers }: Reply, what: string): void {
  t.equal(status, 429, what)
  t.match(json, { id: 1, error: { code: -32005, message: 'Too Many Requests: wait 50 seconds, and send it again' } })
  t.equal(headers.get('retry-after'), '50')
}

t.test('beyond the limit every kind of message is refused in both eras, and nothing runs (ME-02)', async (t) => {
  const { url, ran, app } = await open(t, { RATE_LIMITS: 'messages-per-user=3' })
  const { access } = await tokensFor(url, await newClient(url))
  const { legacy, modern, post: send } = mcpClient(url, access)
  t.strictSame([(await legacy('ping')).status, (await legacy('ping')).status], [200, 200])
  t.equal((await modern('no/such')).json.error.code, -32601, 'what is answered with an error counts as well')
  // The limit is low, so that what is refused does not go as far as the flood of the next test.
  app.usage.floodWait = () => undefined
  for (const [method, params] of METHODS) {
    checkRefused(t, await legacy(method, params), `${method} of 2025`)
    checkRefused(t, await modern(method, params), `${method} of 2026`)
  }
  t.equal((await send({ jsonrpc: '2.0', method: 'notifications/cancelled' })).status, 429)
  t.equal((await send({ jsonrpc: '2.0', id: 1, result: {} }, { 'mcp-session-id': 'x'.repeat(43) })).status, 429)
  for (const request of [legacy, modern]) {
    t.match((await request('tools/call', { name: 'act', arguments: {} })).json.result, {
      isError: true,
      content: [{ text: /not made: the limit of 3 messages a minute for one person is reached\. Wait 50 seconds/ }]
    })
  }
  for (const method of ['GET', 'DELETE']) {
    const { status, headers } = await openStream(`${url}/mcp`, {
      method,
      headers: { authorization: `Bearer ${access}`, 'mcp-session-id': 'x'.repeat(43) }
    })
    t.strictSame([status, headers['retry-after']], [429, '50'], method)
  }
  t.strictSame(ran, [])
  const stored = []
  for await (const { id } of app.storage.collection('mcpSession').all()) stored.push(id)
  t.strictSame(stored, [], 'and no session begins')
  await app.audit.flush()
  const told = (await app.audit.ofUser((await app.grants.verifyAccessToken(access))!.user.id, 100)).filter(
    ({ event }) => event === 'limit'
  )
  t.match(told, [{ reason: 'messages-per-user' }], 'the audit log has it once a window')
})

t.test('each message of a batch counts, and a batch that does not fit is refused whole (ME-02)', async (t) => {
  const { url, ran } = await open(t, { RATE_LIMITS: 'messages-per-user=12' })
  const { access } = await tokensFor(url, await newClient(url))
  const { post: send, legacy } = mcpClient(url, access)
  const batch = (count: number) =>
    send(
      Array.from({ length: count }, (_, id) => ({
        jsonrpc: '2.0',
        id,
        method: 'tools/call',
        params: { name: 'act', arguments: {} }
      })),
      { 'mcp-protocol-version': '2025-03-26' }
    )
  t.equal((await batch(10)).status, 200)
  t.equal(ran.splice(0).length, 10)
  t.match(await batch(3), { status: 429, json: { id: null, error: { code: -32005 } } })
  t.match((await legacy('tools/call', { name: 'act', arguments: {} })).json.result, { isError: true })
  t.strictSame(ran, [])
})

t.test(
  'a caller far beyond the limit is refused before the body is read; others are not affected, and the next minute starts again (ME-02)',
  async (t) => {
    let now = NOW
    const { ran, offer } = makeOffer()
    const { url } = await startServer(t, {
      env: { RATE_LIMITS: 'messages-per-user=3', ACCESS_TOKEN_TTL: '86400' },
      offer,
      now: () => now
    })
    const client = await newClient(url)
    const [ann, bob] = [(await tokensFor(url, client)).access, (await tokensFor(url, client)).access]
    for (let sent = 0; sent < 6; sent++) await mcpClient(url, ann).legacy('ping')
    const { status, json, headers } = await mcpClient(url, ann).legacy('tools/call', { name: 'act', arguments: {} })
    t.match({ status, json }, { status: 429, json: { id: null, error: { code: -32005 } } })
    t.equal(headers.get('retry-after'), '50')
    t.equal((await mcpClient(url, bob).legacy('ping')).status, 200)
    t.strictSame(ran, [])
    now += 50
    t.equal((await mcpClient(url, ann).legacy('ping')).status, 200)
  }
)

t.test('a person is counted over all their apps', async (t) => {
  const { url } = await open(t, { RATE_LIMITS: 'messages-per-user=2' })
  const browser = new Browser()
  const of = async () =>
    (await post(`${url}/token`, (await walk(url, await newClient(url), {}, browser)).form)).body[
      'access_token'
    ] as string
  const [one, two] = [await of(), await of()]
  t.strictSame(
    [
      (await mcpClient(url, one).legacy('ping')).status,
      (await mcpClient(url, two).legacy('ping')).status,
      (await mcpClient(url, two).legacy('ping')).status
    ],
    [200, 200, 429]
  )
})

t.test('without a sign-in, messages count by address', async (t) => {
  const none = await open(t, { AUTH_BACKEND: 'none', RATE_LIMITS: 'messages-per-user=2', TRUST_PROXY: '127.0.0.1' })
  const mixed = await open(t, { RATE_LIMITS: 'messages-per-user=2', TRUST_PROXY: '127.0.0.1' }, true)
  for (const { url, ran } of [none, mixed]) {
    const from = (address: string) =>
      mcpClient(url).legacy('tools/call', { name: 'act', arguments: {} }, { 'x-forwarded-for': address })
    for (const address of ['2001:db8::1', '2001:db8::3']) {
      t.notOk((await from(address)).json.result.isError)
    }
    t.match((await from('2001:db8::2')).json.result, { isError: true }, 'an IPv6 network is one address')
    t.equal(ran.splice(0).length, 2)
    t.notOk((await from('192.0.2.7')).json.result.isError)
  }
})

t.test('a call beyond its quota does not run, on the fast path and by the SDK (ME-11)', async (t) => {
  const { url, ran, app } = await open(t, { RATE_LIMITS: 'calls-per-user=1' })
  const { access } = await tokensFor(url, await newClient(url))
  const { legacy, modern } = mcpClient(url, access)
  const session = (
    await legacy('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: { elicitation: {} },
      clientInfo: { name: 'x', version: '1' }
    })
  ).headers.get('mcp-session-id')!
  const act = { name: 'act', arguments: {} }
  t.notOk((await legacy('tools/call', act)).json.result.isError)
  for (const answer of [
    legacy('tools/call', act),
    modern('tools/call', act),
    legacy('tools/call', { ...act, _meta: { progressToken: 1 } }),
    legacy('tools/call', act, { 'mcp-session-id': session })
  ]) {
    t.match((await answer).json.result, { isError: true, content: [{ text: /1 tool calls a minute for one person/ }] })
  }
  t.strictSame(ran, ['act'])
  await app.audit.flush()
  const { user } = (await app.grants.verifyAccessToken(access))!
  t.strictSame(
    (await app.audit.ofUser(user.id, 20))
      .filter(({ event }) => event === 'tool_call')
      .map(({ outcome }) => outcome)
      .sort(),
    ['ok', 'refused', 'refused', 'refused', 'refused']
  )
})

t.test('RATE_LIMITS=off counts nothing', async (t) => {
  const { url } = await open(t, { AUTH_BACKEND: 'none', RATE_LIMITS: 'off' })
  const statuses = await Promise.all(
    Array.from({ length: 610 }, async () => (await mcpClient(url).legacy('ping')).status)
  )
  t.ok(statuses.every((status) => status === 200))
})
