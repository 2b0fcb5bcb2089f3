// A session, and the answers given in it, belong to one person in one app.
import t from 'tap'
import { Browser } from '../../../helpers/browser.ts'
import { beginSession, open } from '../../../helpers/mcp-access.ts'
import { type McpClient, openStream } from '../../../helpers/mcp.ts'
import { newClient } from '../../../helpers/oauth.ts'
import { ALL } from '../../../helpers/mcp-calls.ts'

t.test('a session is found by its person in its app, and by no one else (ME-09, MC-11, MC-12)', async (t) => {
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

t.test('a session that an earlier release has written is not found: its client initializes again', async (t) => {
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

t.test('answers that one person gave are for their call alone (ME-09)', async (t) => {
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
