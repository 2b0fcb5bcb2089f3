// Streams: subscriptions of 2026-07-28, sessions of the `initialize` era, on one instance and on several that share a
// Redis.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client'
import { Client as V1Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as V1Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { defineResource } from '../../authoring/resource.ts'
import { defineTool, form, text, type Tool, type ToolContext } from '../../authoring/tool.ts'
import type { Offer } from '../../authoring/loader/load.ts'
import { mcpClient, openStream, type McpClient, type Stream } from '../helpers/mcp.ts'
import { newClient, tokensFor } from '../helpers/oauth.ts'
import { noRedis, startRedis } from '../helpers/redis.ts'
import { startServer } from '../helpers/server.ts'

const annotations = { readOnlyHint: true, destructiveHint: false, openWorldHint: false }
const SECRET_KEY = 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A'
const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {}
}

/** Tools that ask, wait and report, and what became of them. */
function makeOffer () {
  const log: string[] = []
  let open = Promise.withResolvers<void>()
  const tool = (name: string, run: (context: ToolContext, text: string) => unknown): Tool =>
    defineTool({
      name,
      title: name,
      description: `For this test: ${name}.`,
      scopes: ['mcp:read'],
      input: z.object({ text: z.string().default('') }),
      annotations,
      async run ({ text }, context) {
        await run(context, text)
      }
    })
  const offer: Omit<Offer, 'sources'> & { tools: Tool[] } = {
    tools: [
      tool('ask', async ({ ask, show, user }, said) => {
        const { name } = await ask({ name: form('Your name?', z.object({ name: z.string() })) })
        show(text(`${said}:${name.action === 'accept' ? name.content.name : name.action}:${user?.name ?? ''}`))
      }),
      tool('held', async ({ signal, show, progress }) => {
        log.push('held began')
        signal.addEventListener('abort', () => log.push('held aborted'))
        progress(1)
        await Promise.race([
          open.promise,
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason))
          })
        ])
        show(text('held done'))
        log.push('held done')
      }),
      tool('talk', ({ client }) => {
        for (const level of ['debug', 'info', 'warning', 'error'] as const) client.log(level, level)
      })
    ],
    resources: [
      defineResource({
        uri: 'notes://{id}',
        name: 'note',
        title: 'T',
        description: 'D',
        scopes: ['mcp:read'],
        read: async ({ id }) => id
      })
    ],
    prompts: []
  }
  return {
    offer,
    log,
    release () {
      open.resolve()
      open = Promise.withResolvers()
    }
  }
}

async function open (t: Test, env: Record<string, string> = {}) {
  const { offer, log, release } = makeOffer()
  const server = await startServer(t, { env, offer, reloads: true })
  return { ...server, log, release, offer }
}

/** Somebody who signed in. @param app the same app again, for a second token of it. */
async function person (url: string, scope = 'mcp:read mcp:write') {
  const { access } = await tokensFor(url, await newClient(url), { scope })
  return { token: access, client: mcpClient(url, access), headers: { authorization: `Bearer ${access}` } }
}

const initialize = (version = '2025-11-25', capabilities: object = { elicitation: {} }) => ({
  protocolVersion: version,
  capabilities,
  clientInfo: { name: 'test', version: '1' }
})

async function beginSession (client: McpClient, version = '2025-11-25'): Promise<string> {
  const { headers, json, status } = await client.legacy('initialize', initialize(version))
  if (status !== 200 || json.result?.protocolVersion !== version) throw new Error(JSON.stringify(json))
  return headers.get('mcp-session-id')!
}

const listen = (
  url: string,
  notifications: object,
  headers: Record<string, string> = {},
  id: string | number = 7
): Promise<Stream> =>
  openStream(url, {
    method: 'POST',
    headers: { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'subscriptions/listen', ...headers },
    body: { jsonrpc: '2.0', id, method: 'subscriptions/listen', params: { notifications, _meta: META } }
  })

const call = (
  url: string,
  headers: Record<string, string>,
  name: string,
  { id = 5, args = {}, _meta }: { id?: number; args?: object; _meta?: object } = {}
): Promise<Stream> =>
  openStream(url, {
    method: 'POST',
    headers,
    body: { jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args, ...(_meta && { _meta }) } }
  })

t.test(
  'F17, F30: a subscription is confirmed first, tells what was asked for and nothing else, and ends with a result when the server closes',
  async (t) => {
    const { url, app, offer, docsDir } = await open(t, { AUTH_BACKEND: 'none' })
    const tools = await listen(url, { toolsListChanged: true })
    const note = await listen(url, { resourceSubscriptions: ['notes://a', 'library://documents/tides.md'] }, {}, 'note')
    const prompts = await listen(url, { promptsListChanged: true }, {}, 9)
    t.match(await tools.until(1), [
      {
        method: 'notifications/subscriptions/acknowledged',
        params: { notifications: { toolsListChanged: true }, _meta: { 'io.modelcontextprotocol/subscriptionId': 7 } }
      }
    ])
    await Promise.all([note.until(1), prompts.until(1)])
    app.mcp.offer(offer)
    t.match((await tools.until(2))[1], {
      method: 'notifications/tools/list_changed',
      params: { _meta: { 'io.modelcontextprotocol/subscriptionId': 7 } }
    })
    t.match((await prompts.until(2))[1], { method: 'notifications/prompts/list_changed' })
    await app.mcp.announce([
      { kind: 'resource_updated', uri: 'notes://b' },
      { kind: 'resource_updated', uri: 'notes://a' }
    ])
    t.match((await note.until(2))[1], {
      method: 'notifications/resources/updated',
      params: { uri: 'notes://a', _meta: { 'io.modelcontextprotocol/subscriptionId': 'note' } }
    })
    await writeFile(join(docsDir, 'tides.md'), '# Tides\n\nChanged.\n')
    t.match(
      (await note.until(3))[2],
      { params: { uri: 'library://documents/tides.md' } },
      'a document that changes in the folder is told'
    )
    const closed = app.close()
    t.match((await tools.until(3))[2], { id: 7, result: { resultType: 'complete' } }, 'F31')
    await Promise.all([tools.ended, note.ended, prompts.ended, closed])
  }
)

t.test('MC-21: many open streams leave others alone, and are gone when their clients are', async (t) => {
  const { url } = await open(t, { AUTH_BACKEND: 'none' })
  const streams = await Promise.all(
    Array.from({ length: 300 }, (_, id) => listen(url, { toolsListChanged: true }, {}, id))
  )
  t.ok(streams.every(({ status }) => status === 200))
  t.equal((await mcpClient(url).modern('tools/list')).status, 200)
  for (const stream of streams) stream.leave()
  await Promise.all(streams.map(({ ended }) => ended))
})

t.test('a stream ends with the token that opened it', async (t) => {
  const { url } = await open(t, { ACCESS_TOKEN_TTL: '3' })
  const ann = await person(url)
  const modern = await listen(url, { toolsListChanged: true }, ann.headers)
  const session = await beginSession(ann.client)
  const legacy = await openStream(url, { headers: { ...ann.headers, 'mcp-session-id': session } })
  t.strictSame([modern.status, legacy.status], [200, 200])
  await Promise.all([modern.ended, legacy.ended])
})

t.test('sessions: only a client that can be asked back gets one, and it is told what the session can do', async (t) => {
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
    (await legacy('initialize', { capabilities: { elicitation: {} } })).headers.has('mcp-session-id'),
    'a wrong initialize begins none'
  )
})

t.test(
  'sessions: a tool asks over the stream of its call, several at once, and each gets its own answer',
  async (t) => {
    const { url } = await open(t)
    const ann = await person(url)
    const headers = { ...ann.headers, 'mcp-session-id': await beginSession(ann.client) }
    const calls = await Promise.all(
      ['a', 'b', 'c'].map((said, index) => call(url, headers, 'ask', { id: index, args: { text: said } }))
    )
    const questions = await Promise.all(calls.map(async (stream) => (await stream.until(1))[0]))
    t.match(questions[0], {
      jsonrpc: '2.0',
      method: 'elicitation/create',
      params: { message: 'Your name?', requestedSchema: { type: 'object', properties: { name: { type: 'string' } } } }
    })
    t.equal(new Set(questions.map(({ id }) => id)).size, 3, 'no two questions of a session share an id')
    for (const [index, { id }] of questions.entries()) {
      const { status, text } = await ann.client.post(
        { jsonrpc: '2.0', id, result: { action: 'accept', content: { name: `N${index}` } } },
        headers
      )
      t.strictSame([status, text], [202, ''])
    }
    for (const [index, stream] of calls.entries()) {
      const said = ['a', 'b', 'c'][index]
      t.match((await stream.until(2))[1], {
        id: index,
        result: { content: [{ text: new RegExp(`^${said}:N${index}:`) }] }
      })
      await stream.ended
    }
    t.equal((await ann.client.post({ jsonrpc: '2.0', id: 'nobody asked', result: {} }, headers)).status, 202)
    t.equal(
      (await ann.client.post({ jsonrpc: '2.0', id: 1, result: {} }, ann.headers)).status,
      400,
      'an answer outside of a session'
    )
    t.match((await ann.client.legacy('tools/list', {}, headers)).headers.get('content-type'), 'application/json')
    t.equal(
      (await ann.client.legacy('tools/call', { name: 'talk' }, { ...headers, accept: 'application/json' })).status,
      200,
      'a client that reads only JSON gets JSON'
    )
    t.equal(
      (
        await ann.client.post([{ jsonrpc: '2.0', id: 1, method: 'ping' }], {
          ...headers,
          'mcp-protocol-version': '2025-03-26'
        })
      ).status,
      400
    )
  }
)

t.test(
  'MC-11, MC-12: a session belongs to its person and app; a stranger, a made-up id and a deleted session are 404, and nothing runs',
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

t.test(
  'sessions: GET without a session is 405, with the wrong Accept 406, with an unknown version 400; a newer stream takes over',
  async (t) => {
    const { url } = await open(t, { AUTH_BACKEND: 'none' })
    const headers = { 'mcp-session-id': await beginSession(mcpClient(url)) }
    for (const path of ['', '/mcp']) {
      t.equal((await openStream(url + path, { headers: { accept: 'text/event-stream' } })).status, 405)
      t.equal(
        (await openStream(url + path, { headers: { ...headers, 'mcp-protocol-version': '1900-01-01' } })).status,
        400
      )
    }
    t.equal((await openStream(`${url}/mcp`, { headers: { ...headers, accept: 'application/json' } })).status, 406)
    const first = await openStream(url, { headers })
    const second = await openStream(url, { headers })
    await first.ended
    t.equal(second.status, 200)
    second.leave()
  }
)

t.test('sessions: log lines from the level that was asked for, and none before', async (t) => {
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

t.test(
  'T9 of 2025: a call goes on when its connection breaks, and its answer is there for whoever comes back; cancelling ends it',
  async (t) => {
    const { url, log, release } = await open(t)
    const ann = await person(url)
    const id = await beginSession(ann.client)
    const headers = { ...ann.headers, 'mcp-session-id': id }
    const broken = await call(url, headers, 'held', { _meta: { progressToken: 'p' } })
    await broken.until(1)
    const [priming, progress] = broken.ids()
    broken.leave()
    release()
    while (!log.includes('held done')) await delay(5)
    const resumed = await openStream(url, { headers: { ...headers, 'last-event-id': progress! } })
    t.match(await resumed.until(1), [{ id: 5, result: { content: [{ text: 'held done' }] } }])
    await resumed.ended
    const whole = await openStream(url, { headers: { ...headers, 'last-event-id': priming! } })
    t.match(await whole.until(2), [{ method: 'notifications/progress' }, { id: 5 }], 'from the beginning')
    const other = { ...ann.headers, 'mcp-session-id': await beginSession(ann.client) }
    for (const [lastEventId, from] of [
      [progress!, other],
      ['x'.repeat(22) + '.0', headers],
      ['changes.x', headers],
      ['../..', headers]
    ] as const) {
      t.equal(
        (await openStream(url, { headers: { ...from, 'last-event-id': lastEventId } })).status,
        400,
        `${lastEventId} leads nowhere here`
      )
    }
    const cancelled = await call(url, headers, 'held', { id: 6 })
    while (log.filter((line) => line === 'held began').length < 2) await delay(5)
    await ann.client.post({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 99 } }, headers)
    await ann.client.post({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 6 } }, headers)
    await cancelled.ended
    t.ok(log.includes('held aborted'))
    t.strictSame(cancelled.messages(), [], 'a cancelled request has no answer')
  }
)

t.test(
  'sessions: what changed is told, also to a stream that was away; subscriptions decide about resources',
  async (t) => {
    const { url, app, offer } = await open(t, { AUTH_BACKEND: 'none' })
    const client = mcpClient(url)
    const headers = { 'mcp-session-id': await beginSession(client) }
    t.strictSame((await client.legacy('resources/subscribe', { uri: 'notes://a' }, headers)).json.result, {})
    t.match((await client.legacy('resources/subscribe', { uri: 'nothing://a' }, headers)).json.error, { code: -32602 })
    t.match(
      (await client.legacy('resources/subscribe', { uri: 'notes://a' })).json.error,
      { code: -32601 },
      'without a session there is nothing to tell it on'
    )
    const stream = await openStream(url, { headers })
    await delay(50)
    await app.mcp.announce([
      { kind: 'resource_updated', uri: 'notes://b' },
      { kind: 'resource_updated', uri: 'notes://a' }
    ])
    t.match(await stream.until(1), [{ method: 'notifications/resources/updated', params: { uri: 'notes://a' } }])
    await client.legacy('resources/subscribe', { uri: 'notes://b' }, headers)
    await client.legacy('resources/unsubscribe', { uri: 'notes://a' }, headers)
    await app.mcp.announce([
      { kind: 'resource_updated', uri: 'notes://a' },
      { kind: 'resource_updated', uri: 'notes://b' }
    ])
    t.match((await stream.until(2))[1], { params: { uri: 'notes://b' } })
    const last = stream.ids().at(-1)!
    stream.leave()
    await stream.ended
    app.mcp.offer(offer)
    await app.mcp.announce([{ kind: 'resource_updated', uri: 'notes://b' }])
    const back = await openStream(url, { headers: { ...headers, 'last-event-id': last } })
    t.strictSame(
      (await back.until(4)).map(({ method }) => method),
      [
        'notifications/tools/list_changed',
        'notifications/resources/list_changed',
        'notifications/prompts/list_changed',
        'notifications/resources/updated'
      ]
    )
    back.leave()
    await back.ended
    const lost = await openStream(url, { headers: { ...headers, 'last-event-id': 'changes.1' } })
    t.equal((await lost.until(4)).length, 4, 'when nobody knows what was missed, all of it may have changed')
    lost.leave()
  }
)

t.test('sessions and what they sent lie in storage sealed or hashed', async (t) => {
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

t.test('WB-21: a call of a session that runs when the server closes gets its answer', async (t) => {
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

const redis = await startRedis()

t.test(
  'several instances on one Redis serve one session and one subscription',
  { skip: redis ? false : noRedis },
  async (t) => {
    const env = { REDIS_URL: redis!.url, SECRET_KEY }
    const one = await open(t, env)
    // Behind one address, as a proxy would have them.
    const two = await open(t, { ...env, PUBLIC_URL: one.url })
    const ann = await person(one.url)
    const there = mcpClient(two.url, ann.token)
    const headers = { ...ann.headers, 'mcp-session-id': await beginSession(ann.client) }

    const asking = await call(one.url, headers, 'ask', { args: { text: 'across' } })
    const [{ id }] = await asking.until(1)
    t.equal(
      (await there.post({ jsonrpc: '2.0', id, result: { action: 'accept', content: { name: 'Redis' } } }, headers))
        .status,
      202
    )
    t.match(
      (await asking.until(2))[1],
      { id: 5, result: { content: [{ text: /^across:Redis:/ }] } },
      'the answer may arrive at another instance than the question left'
    )

    const broken = await call(one.url, headers, 'held', { _meta: { progressToken: 1 } })
    await broken.until(1)
    const [priming] = broken.ids()
    broken.leave()
    const resumed = await openStream(two.url, { headers: { ...headers, 'last-event-id': priming! } })
    await resumed.until(1)
    one.release()
    t.match(
      (await resumed.until(2))[1],
      { id: 5, result: { content: [{ text: 'held done' }] } },
      'a broken stream goes on at another instance, live'
    )
    await resumed.ended

    const cancelled = await call(one.url, headers, 'held', { id: 8 })
    while (one.log.filter((line) => line === 'held began').length < 2) await delay(5)
    await there.post({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 8 } }, headers)
    await cancelled.ended
    t.ok(one.log.includes('held aborted'))

    const modern = await listen(two.url, { toolsListChanged: true }, ann.headers)
    const legacy = await openStream(two.url, { headers })
    await modern.until(1)
    await delay(50)
    one.app.mcp.offer(one.offer)
    t.match((await modern.until(2))[1], { method: 'notifications/tools/list_changed' })
    t.match((await legacy.until(1))[0], { method: 'notifications/tools/list_changed' })
    t.equal((await openStream(one.url, { method: 'DELETE', headers })).status, 204)
    await legacy.ended
    t.equal((await there.legacy('ping', undefined, headers)).status, 404)
    modern.leave()
  }
)

t.test(
  'WB-06: while Redis is away a session is 503, and goes on afterwards',
  { skip: redis ? false : noRedis },
  async (t) => {
    const server = await open(t, { REDIS_URL: redis!.url, SECRET_KEY, AUTH_BACKEND: 'none' })
    const client = mcpClient(server.url)
    const headers = { 'mcp-session-id': await beginSession(client) }
    await redis!.kill()
    const { status, headers: answered } = await client.legacy('ping', undefined, headers)
    t.equal(status, 503)
    t.ok(Number(answered.get('retry-after')) > 0)
    await redis!.restart()
    for (let waited = 0; waited < 200; waited++) {
      if ((await client.legacy('ping', undefined, headers)).status === 200) break
      await delay(50)
    }
    t.equal((await client.legacy('ping', undefined, headers)).status, 200)
  }
)

t.teardown(() => redis?.stop())
