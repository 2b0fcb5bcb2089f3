// Who may not: each method of the endpoint for each caller who lacks one thing and has all others, in both eras. A
// refusal has its status and its code, and nothing runs.
import t, { type Test } from 'tap'
import { z } from 'zod'
import type { Grant } from '../../plugins/oauth/grants/contract.ts'
import { defineResource } from '../../authoring/resource.ts'
import { definePrompt } from '../../authoring/prompt.ts'
import { defineTool, form } from '../../authoring/tool.ts'
import { Browser } from '../helpers/browser.ts'
import { mcpClient, openStream, type McpClient, type Reply } from '../helpers/mcp.ts'
import { newClient, post, walk, type TestClient } from '../helpers/oauth.ts'
import { startServer } from '../helpers/server.ts'

const INITIALIZE = {
  protocolVersion: '2025-11-25',
  capabilities: { elicitation: {} },
  clientInfo: { name: 'x', version: '1' }
}

/** Everything here needs mcp:read, and notes when it runs. */
function makeOffer () {
  const ran: string[] = []
  const about = { title: 'T', description: 'D', scopes: ['mcp:read' as const] }
  const noted =
    <R>(name: string, result: R) =>
      async () => {
        ran.push(name)
        return result
      }
  const annotations = { readOnlyHint: true, destructiveHint: false, openWorldHint: false }
  const offer = {
    tools: [
      defineTool({
        ...about,
        name: 'act',
        input: z.object({}),
        annotations,
        async run () {
          ran.push('act')
        }
      }),
      defineTool({
        ...about,
        name: 'ask',
        input: z.object({}),
        annotations,
        async run (_args, { ask }) {
          const { name } = await ask({ name: form('Name?', z.object({ name: z.string() })) })
          ran.push(`asked ${JSON.stringify(name)}`)
        }
      })
    ],
    resources: [
      defineResource({
        ...about,
        name: 'hidden',
        uri: 'hidden://{id}',
        read: noted('read', 'hidden'),
        list: noted('list', { resources: [{ values: { id: '1' }, name: 'hidden', title: 'hidden' }] }),
        complete: { id: noted('complete resource', ['hidden']) }
      })
    ],
    prompts: [
      definePrompt({
        ...about,
        name: 'hidden',
        arguments: z.object({ a: z.string() }),
        write: noted('write', 'hidden'),
        complete: { a: noted('complete prompt', ['hidden']) }
      })
    ]
  }
  return { ran, offer: offer as never }
}

type Call = [method: string, params?: Record<string, unknown>]
const RUNS: Call[] = [
  ['tools/call', { name: 'act', arguments: {} }],
  ['resources/read', { uri: 'hidden://1' }],
  ['prompts/get', { name: 'hidden', arguments: { a: '' } }]
]
const COMPLETES: Call[] = [
  ['completion/complete', { ref: { type: 'ref/resource', uri: 'hidden://{id}' }, argument: { name: 'id', value: '' } }],
  ['completion/complete', { ref: { type: 'ref/prompt', name: 'hidden' }, argument: { name: 'a', value: '' } }]
]
const LISTS: Call[] = [['prompts/list'], ['resources/list'], ['resources/templates/list']]
const SUBSCRIBES = [['hidden://1'], ['no://such', 'hidden://1']].map((uris): Call => [
  'subscriptions/listen',
  { notifications: { resourceSubscriptions: uris } }
])
const PLAIN: Call[] = [
  ['ping'],
  ['server/discover'],
  ['tools/list'],
  ['initialize', INITIALIZE],
  ['subscriptions/listen', { notifications: { toolsListChanged: true } }],
  ['no/such']
]
const IN_SESSION: Call[] = [
  ['resources/subscribe', { uri: 'hidden://1' }],
  ['resources/unsubscribe', { uri: 'hidden://1' }],
  ['logging/setLevel', { level: 'debug' }]
]
const ALL = [...RUNS, ...COMPLETES, ...LISTS, ...SUBSCRIBES, ...PLAIN, ...IN_SESSION]

async function open (t: Test) {
  let now = Date.now() / 1000
  const { ran, offer } = makeOffer()
  const server = await startServer(t, { offer, reloads: true, now: () => now, env: { ACCESS_TOKEN_TTL: '600' } })
  const signIn = async (client: TestClient, browser = new Browser(), scope = 'mcp:read mcp:write') => {
    const { form } = await walk(server.url, client, { scope }, browser)
    return mcpOf(server.url, (await post(`${server.url}/token`, form)).body['access_token'] as string)
  }
  return {
    ...server,
    ran,
    signIn,
    client: await newClient(server.url),
    pass: (seconds: number) => {
      now += seconds
    }
  }
}
const mcpOf = (url: string, token: string) => ({
  ...mcpClient(url, token),
  token,
  headers: { authorization: `Bearer ${token}` }
})

/** Both eras; and in a session, where the caller has one. */
async function forEach (
  calls: Call[],
  { legacy, modern }: McpClient,
  check: (answer: Reply, what: string) => void,
  session?: Record<string, string>
): Promise<void> {
  for (const [method, params] of calls) {
    check(await legacy(method, params), `${method} of 2025`)
    check(await modern(method, params), `${method} of 2026`)
    if (session) check(await legacy(method, params, session), `${method} in a session`)
  }
}

async function beginSession ({ legacy }: McpClient): Promise<Record<string, string>> {
  return { 'mcp-session-id': (await legacy('initialize', INITIALIZE)).headers.get('mcp-session-id')! }
}

t.test('whoever has everything: it runs, so what follows is refused for what is missing', async (t) => {
  const { ran, signIn, client } = await open(t)
  const ann = await signIn(client)
  const session = await beginSession(ann)
  await forEach(
    [...RUNS, ...COMPLETES, ...LISTS],
    ann,
    ({ status, json }, what) => t.match({ status, json }, { status: 200, json: { id: 1, result: {} } }, what),
    session
  )
  t.strictSame([...new Set(ran)].sort(), ['act', 'complete prompt', 'complete resource', 'list', 'read', 'write'])
  for (const [method, params] of IN_SESSION) { t.strictSame((await ann.legacy(method, params, session)).json.result, {}, method) }
})

/** Each a caller whose token is not good, or none. */
const strangers: Record<string, (server: Awaited<ReturnType<typeof open>>) => Promise<McpClient>> = {
  'no token': async ({ url }) => mcpClient(url),
  'a made-up token': async ({ url }) => mcpOf(url, `mcp_at_${'x'.repeat(43)}`),
  'a token for another resource': async ({ app, signIn, client, pass }) => {
    const ann = await signIn(client)
    const { grantId } = (await app.grants.verifyAccessToken(ann.token))!
    await app.storage
      .collection<Grant>('grant')
      .update(grantId, (grant) => ({
        write: { record: { ...grant!, resource: 'https://another.example' }, ttl: 3_600 },
        result: undefined
      }))
    pass(6)
    return ann
  },
  'an expired token': async ({ signIn, client, pass }) => {
    const ann = await signIn(client)
    pass(601)
    return ann
  },
  'a person who is locked': async ({ app, signIn, client }) => {
    const ann = await signIn(client)
    await app.signIn.lifecycle.lock((await app.grants.verifyAccessToken(ann.token))!.user.id)
    return ann
  },
  'a revoked token': async ({ app, signIn, client }) => {
    const ann = await signIn(client)
    await app.grants.revoke((await app.grants.verifyAccessToken(ann.token))!.grantId)
    return ann
  }
}

for (const [who, become] of Object.entries(strangers)) {
  t.test(`ME-09: ${who}: every method is 401`, async (t) => {
    const server = await open(t)
    const error = who === 'no token' ? 'unauthorized' : 'invalid_token'
    const caller = await become(server)
    // What others have begun is no way in.
    const session = await beginSession(await server.signIn(server.client))
    const check = ({ status, json, headers }: Reply, what: string) => {
      t.strictSame([status, json.error], [401, error], what)
      t.match(
        headers.get('www-authenticate'),
        error === 'unauthorized' ? /^Bearer resource_metadata="[^"]*", scope="[^"]*"$/ : /error="invalid_token"/
      )
    }
    await forEach(ALL, caller, check, session)
    for (const body of [
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      { jsonrpc: '2.0', id: 1, result: {} },
      { no: 'message' },
      [{ jsonrpc: '2.0', id: 1, method: 'ping' }]
    ]) { check(await caller.post(body, session), JSON.stringify(body)) }
    const headers = { ...session, ...('headers' in caller && (caller.headers as Record<string, string>)) }
    for (const method of ['GET', 'DELETE']) { t.equal((await openStream(`${server.url}/mcp`, { method, headers })).status, 401, method) }
    t.strictSame(server.ran, [])
  })
}

t.test('ME-09: without the scope nothing runs, is listed, completed or subscribed to', async (t) => {
  const { ran, signIn, client } = await open(t)
  const [reader, writer] = [await signIn(client), await signIn(client, new Browser(), 'mcp:write')]
  // First by somebody who may, so that an answer that is kept would be there.
  await forEach(LISTS, reader, ({ text }, what) => t.match(text, 'hidden', what))
  ran.splice(0)
  const session = await beginSession(writer)
  const check = ({ status, json, headers }: Reply, what: string) => {
    t.strictSame([status, json.error], [403, 'insufficient_scope'], what)
    t.match(
      headers.get('www-authenticate'),
      /error="insufficient_scope".*scope="mcp:read"|scope="mcp:read".*error="insufficient_scope"/
    )
  }
  await forEach([...RUNS, ...SUBSCRIBES], writer, check, session)
  check(await writer.legacy('resources/subscribe', { uri: 'hidden://1' }, session), 'resources/subscribe')
  check(
    await writer.post(
      [
        { jsonrpc: '2.0', id: 1, method: 'ping' },
        { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'act', arguments: {} } }
      ],
      { 'mcp-protocol-version': '2025-03-26' }
    ),
    'one of a batch'
  )
  await forEach(
    COMPLETES,
    writer,
    ({ json, text }, what) => {
      t.match(json.error, { code: -32602 }, what)
      t.notMatch(text, /\["hidden"\]/)
    },
    session
  )
  await forEach(
    LISTS,
    writer,
    ({ status, json }, what) => {
      t.equal(status, 200)
      t.strictSame(json.result.prompts ?? json.result.resources ?? json.result.resourceTemplates, [], what)
    },
    session
  )
  t.strictSame(ran, [])
})

t.test('ME-09, MC-11, MC-12: a session is found by its person in its app, and by nobody else', async (t) => {
  const { url, ran, signIn, client, app } = await open(t)
  const browser = new Browser()
  const ann = await signIn(client, browser)
  const others = {
    'another app of the same person': await signIn(await newClient(url), browser),
    'another person with the same app': await signIn(client)
  }
  const session = await beginSession(ann)
  const kept = async () => {
    const all = []
    for await (const entry of app.storage.collection('mcpSession').all()) all.push(entry)
    return JSON.stringify(all)
  }
  const before = await kept()
  for (const [who, other] of Object.entries(others)) {
    const calls = ALL.filter(([method]) => method !== 'initialize' && method !== 'subscriptions/listen')
    for (const [method, params] of calls) {
      t.match(
        await other.legacy(method, params, session),
        { status: 404, json: { error: { code: -32001 } } },
        `${method} of ${who}`
      )
    }
    for (const body of [
      { jsonrpc: '2.0', id: 1, result: {} },
      { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } }
    ]) {
      t.match(
        await other.post(body, session),
        { status: 404, json: { error: { code: -32001 } } },
        `${JSON.stringify(body)} of ${who}`
      )
    }
    for (const method of ['GET', 'DELETE']) {
      t.equal(
        (await openStream(`${url}/mcp`, { method, headers: { ...other.headers, ...session } })).status,
        404,
        `${method} of ${who}`
      )
    }
  }
  t.strictSame(ran, [])
  t.equal(await kept(), before, 'nothing of it has changed')
  t.equal((await ann.legacy('ping', undefined, session)).status, 200)
})

t.test('a session that an earlier release has written is not found: its client begins anew', async (t) => {
  const { app, signIn, client } = await open(t)
  const ann = await signIn(client)
  const session = await beginSession(ann)
  const records = app.storage.collection<Record<string, unknown>>('mcpSession')
  for await (const {
    id,
    record: { endsAt: _, ...earlier }
  } of records.all()) { await records.put(id, earlier, 3_600) }
  t.match(await ann.legacy('ping', undefined, session), { status: 404, json: { error: { code: -32001 } } })
})

t.test('ME-09: answers that one person gave are for their call alone', async (t) => {
  const { ran, signIn, client } = await open(t)
  const [ann, bob] = [await signIn(client), await signIn(client)]
  const ask = (who: McpClient, more: Record<string, unknown> = {}, name = 'ask') =>
    who.modern('tools/call', { name, arguments: {}, ...more }, {}, { elicitation: {} })
  const { requestState } = (await ask(ann)).json.result
  const answered = { requestState, inputResponses: { name: { action: 'accept', content: { name: 'Ann' } } } }
  t.match(
    (await ask(bob, answered)).json.error,
    { code: -32602, data: { reason: 'invalid_request_state' } },
    'another person'
  )
  t.match((await ask(ann, answered, 'act')).json.error, { code: -32602 }, 'another call')
  t.strictSame(ran, [])
  t.match((await ask(ann, answered)).json.result, { resultType: 'complete' })
  t.equal(ran.length, 1)
})
