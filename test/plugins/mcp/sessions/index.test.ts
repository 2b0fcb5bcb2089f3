// Sessions of the `initialize` era: who gets one, whose it is, and what it stores.
import { setTimeout as delay } from 'node:timers/promises'
import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client'
import { Client as V1Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as V1Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import t from 'tap'
import { beginSession, call, initialize, open, person } from '../../../helpers/mcp-sessions.ts'
import { mcpClient, openStream } from '../../../helpers/mcp.ts'

t.test('only a client that can be asked back gets a session, and learns what it can do', async (t) => {
  const { url } = await open(t, { AUTH_BACKEND: 'none' })
  const { legacy } = mcpClient(url)
  const plain = await legacy('initialize', initialize('2025-11-25', {}))
  t.notOk(plain.headers.has('mcp-session-id'))
  t.strictSame(plain.json.result.capabilities, { tools: {}, prompts: {}, resources: {}, completions: {} })
  for (const capabilities of [{ elicitation: {} }, { sampling: {} }, { roots: { listChanged: true } }]) {
    const { headers, json } = await legacy('initialize', initialize('2025-06-18', capabilities))
    t.match(headers.get('mcp-session-id'), /^[\x21-\x7e]{43}$/, JSON.stringify(capabilities))
    t.strictSame(json.result.capabilities, {
      tools: { listChanged: true },
      prompts: { listChanged: true },
      resources: { listChanged: true, subscribe: true },
      completions: {},
      logging: {}
    })
  }
  t.notOk(
    (await legacy('initialize', { ...initialize('2025-11-25', { elicitation: {} }), protocolVersion: 1 })).headers.has('mcp-session-id'),
    'a wrong initialize begins none'
  )
})

t.test(
  'a session belongs to its person and app; a stranger, a made-up id and a deleted session are 404, and nothing runs (MC-11, MC-12)',
  async (t) => {
    const { url, log } = await open(t)
    const [ann, bob] = [await person(url), await person(url)]
    const id = await beginSession(ann.client)
    const mine = { ...ann.headers, 'mcp-session-id': id }
    for (const headers of [
      { ...bob.headers, 'mcp-session-id': id },
      { ...ann.headers, 'mcp-session-id': `${id}x` },
      { ...ann.headers, 'mcp-session-id': id.slice(1) }
    ]) {
      for (const method of ['tools/list', 'tools/call']) {
        t.match((await ann.client.legacy(method, { name: 'held', arguments: {} }, headers)).json, {
          error: { code: -32001 }
        })
      }
      t.equal((await ann.client.post({ jsonrpc: '2.0', id: 1, result: {} }, headers)).status, 404)
      t.equal(
        (
          await ann.client.post(
            { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } },
            headers
          )
        ).status,
        404
      )
      for (const method of ['GET', 'DELETE']) { t.equal((await openStream(url + (method === 'GET' ? '/mcp' : ''), { method, headers })).status, 404, method) }
    }
    for (const method of ['GET', 'DELETE', 'POST']) {
      t.equal(
        (
          await openStream(`${url}/mcp`, {
            method,
            headers: { 'mcp-session-id': id },
            ...(method === 'POST' && { body: {} })
          })
        ).status,
        401,
        `${method}: the id is no token`
      )
    }
    t.strictSame(log, [])
    t.equal((await ann.client.legacy('ping', undefined, mine)).status, 200, 'its own session is unharmed')
    const stream = await openStream(url, { headers: mine })
    t.equal((await openStream(url, { method: 'DELETE', headers: mine })).status, 204)
    await stream.ended
    t.equal((await ann.client.legacy('ping', undefined, mine)).status, 404)
    t.equal((await openStream(url, { method: 'DELETE', headers: mine })).status, 404)
  }
)

t.test('log lines are sent from the level that was asked for, and none before', async (t) => {
  const { url } = await open(t, { AUTH_BACKEND: 'none' })
  const client = mcpClient(url)
  const headers = { 'mcp-session-id': await beginSession(client) }
  const levels = async () =>
    (await client.legacy('tools/call', { name: 'talk', arguments: {} }, headers)).messages
      .slice(0, -1)
      .map(({ params }) => params.level)
  t.strictSame(await levels(), [])
  t.strictSame((await client.legacy('logging/setLevel', { level: 'warning' }, headers)).json.result, {})
  t.strictSame(await levels(), ['warning', 'error'])
  t.match((await client.legacy('logging/setLevel', { level: 'loud' }, headers)).json.error, { code: -32602 })
  t.strictSame(await levels(), ['warning', 'error'])
})

t.test('sessions and what they sent are stored sealed or hashed', async (t) => {
  const { url, app } = await open(t)
  const ann = await person(url)
  const id = await beginSession(ann.client)
  const stream = await call(url, { ...ann.headers, 'mcp-session-id': id }, 'ask', { args: { text: 'a-secret-word' } })
  const [{ id: question }] = await stream.until(1)
  await ann.client.post(
    { jsonrpc: '2.0', id: question, result: { action: 'accept', content: { name: 'x' } } },
    { ...ann.headers, 'mcp-session-id': id }
  )
  await stream.ended
  await delay(50)
  const stored: string[] = []
  for (const kind of ['mcpSession', 'mcpStream']) {
    for await (const { id, record } of app.storage.collection(kind).all()) { stored.push(`${id} ${JSON.stringify(record)}`) }
  }
  t.ok(stored.length >= 2)
  t.notOk(stored.some((text) => text.includes(id) || text.includes('a-secret-word') || text.includes(ann.token)))
})

t.test('what no request can have as its id is not told to other instances', async (t) => {
  const { url, app } = await open(t, { AUTH_BACKEND: 'none' })
  const client = mcpClient(url)
  const headers = { 'mcp-session-id': await beginSession(client) }
  const told: unknown[] = []
  const { publish } = app.bus
  app.bus.publish = (topic, message) => {
    told.push(message)
    publish(topic, message)
  }
  for (const requestId of ['x'.repeat(257), [7], {}, 1.5, undefined, 7]) {
    const { status } = await client.post({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } }, headers)
    t.equal(status, 202)
  }
  t.strictSame(told, [{ kind: 'cancelled', requestId: 7 }])
})

t.test('a call of a session that runs when the server closes gets its answer (WB-21)', async (t) => {
  const { url, app, release, log } = await open(t, { AUTH_BACKEND: 'none' })
  const headers = { 'mcp-session-id': await beginSession(mcpClient(url)) }
  const stream = await call(url, headers, 'held')
  while (log.length === 0) await delay(5)
  const closed = app.close()
  await delay(20)
  release()
  t.match((await stream.until(1))[0], { id: 5, result: { content: [{ text: 'held done' }] } })
  await closed
})

t.test('the official clients of both generations are asked, and answer', async (t) => {
  const { url } = await open(t)
  const { token } = await person(url)
  const requestInit = { headers: { authorization: `Bearer ${token}` } }
  const v1 = new V1Client({ name: 'test', version: '1' }, { capabilities: { elicitation: {} } })
  v1.setRequestHandler(ElicitRequestSchema, async () => ({ action: 'accept', content: { name: 'V1' } }))
  const transport = new V1Transport(new URL(url), { requestInit })
  await v1.connect(transport as Parameters<typeof v1.connect>[0])
  t.match(await v1.callTool({ name: 'ask', arguments: { text: 'hello' } }), { content: [{ text: /^hello:V1:/ }] })
  await transport.terminateSession()
  await v1.close()
  for (const mode of ['auto', 'legacy'] as const) {
    const client = new ModernClient(
      { name: 'test', version: '1' },
      { capabilities: { elicitation: {} }, versionNegotiation: { mode } }
    )
    client.setRequestHandler('elicitation/create', async () => ({ action: 'accept' as const, content: { name: 'V2' } }))
    await client.connect(new ModernTransport(new URL(url), { requestInit }))
    t.match(
      await client.callTool({ name: 'ask', arguments: { text: mode } }),
      { content: [{ text: new RegExp(`^${mode}:V2:`) }] },
      mode
    )
    await client.close()
  }
})
