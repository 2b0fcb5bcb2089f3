// Who may not: each method of the endpoint for each caller who lacks one thing and has all others, in both eras. A
// refusal has its status and its code, and nothing runs.
import t from 'tap'
import type { Grant } from '../../plugins/oauth/grants/contract.ts'
import { Browser } from '../helpers/browser.ts'
import { beginSession, mcpOf, open } from '../helpers/mcp-access.ts'
import { type McpClient, mcpClient, openStream, type Reply } from '../helpers/mcp.ts'
import { type Call, RUNS, COMPLETES, LISTS, SUBSCRIBES, IN_SESSION, ALL } from '../helpers/mcp-calls.ts'

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

t.test('a caller who lacks nothing is served, so what follows is refused for what is missing', async (t) => {
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
  t.test(`${who}: every method is 401 (ME-09)`, async (t) => {
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

t.test('without the scope nothing runs, is listed, completed or subscribed to (ME-09)', async (t) => {
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
