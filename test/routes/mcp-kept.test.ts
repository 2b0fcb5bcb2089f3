// What a connected app can make the server keep: sessions, what is said in them, and answers for streams that break are
// bounded for a session, a person and in all.
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { MAX_BYTES, MAX_PERSON_BYTES, MAX_SESSION_BYTES } from '../../plugins/mcp/sessions/stored-bytes.ts'
import { MAX_PER_GRANT } from '../../plugins/mcp/sessions/by-person.ts'
import { defineTool } from '../../authoring/tool.ts'
import { mcpClient, openStream } from '../helpers/mcp.ts'
import {
  about,
  annotations,
  beginSession,
  endSoon,
  INITIALIZE,
  offer,
  person,
  read,
  sizeOf,
  stored
} from '../helpers/mcp-held.ts'
import { startServer, type ServerOptions } from '../helpers/server.ts'
import { storageTest } from '../helpers/storages.ts'

storageTest(
  'ME-05: an app has 50 sessions; the oldest ends with its stream, and its client can begin anew',
  async (t, start) => {
    const { url, app } = await start({ offer })
    const ann = await person(url)
    const first = await beginSession(ann)
    const stream = await openStream(url, { headers: { ...ann.headers, 'mcp-session-id': first } })
    await Promise.all(Array.from({ length: MAX_PER_GRANT }, () => beginSession(ann)))
    await endSoon(t, [stream], 'the stream of the oldest')
    t.match(await ann.mcp.legacy('ping', undefined, { 'mcp-session-id': first }), {
      status: 404,
      json: { error: { code: -32001 } }
    })
    t.equal((await stored(app, 'mcpSession')).length, MAX_PER_GRANT)
  }
)

storageTest(
  'ME-06: what a client says when it begins, and what it subscribes to, is kept in a few kilobytes or refused',
  async (t, start) => {
    const { url, app } = await start({ offer })
    const ann = await person(url)
    for (const more of [
      { capabilities: { elicitation: {}, experimental: { x: { y: 'ä'.repeat(4_200) } } } },
      { clientInfo: { name: 'x'.repeat(8_200), version: '1' } }
    ]) {
      t.match(await ann.mcp.legacy('initialize', { ...INITIALIZE, ...more, _meta: { x: 'y'.repeat(50_000) } }), {
        status: 413,
        json: { error: { code: -32600 } }
      })
    }
    t.strictSame([await stored(app, 'mcpSession'), await stored(app, 'mcpSessionList')], [[], []])
    const session = { 'mcp-session-id': await beginSession(ann) }
    const subscribe = (size: number) =>
      ann.mcp.legacy('resources/subscribe', { uri: `sized://${'1'.repeat(size)}` }, session)
    t.match((await subscribe(2_100)).json, {
      error: { code: -32602, message: 'Invalid params: a uri has at most 2048 bytes; unsubscribe from others first' }
    })
    let subscribed = 0
    for (let size = 1_000; size < 1_030; size++) if ((await subscribe(size)).json.result) subscribed++
    t.equal(subscribed, 16, 'and 16 KB together')
    t.ok((await stored(app, 'mcpSession'))[0]!.size < 20_000)
    for (const uris of [
      [`sized://${'1'.repeat(2_100)}`],
      Array.from({ length: 201 }, (_, index) => `sized://${index}`)
    ]) {
      const { json } = await ann.mcp.modern('subscriptions/listen', { notifications: { resourceSubscriptions: uris } })
      t.match(json, { id: 1, error: { code: -32602 } })
    }
  }
)

t.test('ME-08: nothing is kept for somebody who has not signed in where people do', async (t) => {
  const open = {
    ...defineTool({ ...about, name: 'open', input: z.object({}), annotations, run: async () => {} }),
    noauth: true
  }
  const { url, app } = await startServer(t, { offer: { tools: [open], resources: [], prompts: [] } as never })
  const { status, headers, json } = await mcpClient(url).legacy('initialize', INITIALIZE)
  t.strictSame([status, headers.has('mcp-session-id'), json.result.capabilities.logging], [200, false, undefined])
  t.strictSame([await stored(app, 'mcpSession'), await stored(app, 'mcpSessionList')], [[], []])
})

storageTest(
  'ME-01: answers that are kept for a broken stream are bounded for a session and for a person, however many are asked for',
  async (t, start) => {
    const { url, app } = await start({ offer })
    const ann = await person(url)
    const SIZE = 45_000
    const one = { ...ann.headers, 'mcp-session-id': await beginSession(ann) }
    let most = 0
    for (let round = 0; round < 5; round++) {
      const streams = await Promise.all([1, 2, 3].map((id) => read(url, one, SIZE, id)))
      await Promise.all(streams.map(({ ended }) => ended))
      most = Math.max(most, await sizeOf(app))
    }
    t.ok(most > SIZE && most <= MAX_SESSION_BYTES + 3 * SIZE, `${most} bytes for one session`)
    for (let session = 0; session < 6; session++) {
      const headers = { ...ann.headers, 'mcp-session-id': await beginSession(ann) }
      await Promise.all([1, 2, 3, 4, 5, 6, 7, 8, 9].map(async (id) => (await read(url, headers, SIZE, id)).ended))
    }
    const all = await sizeOf(app)
    t.ok(all > MAX_SESSION_BYTES && all <= MAX_PERSON_BYTES + 9 * SIZE, `${all} bytes for one person`)
    t.ok(MAX_PERSON_BYTES * 20 <= MAX_BYTES && MAX_BYTES <= 2 ** 26)
  }
)

/** On SQLite, where time is an argument. */
async function openTimed (t: Test, options: ServerOptions = {}) {
  let now = Date.now() / 1000
  const server = await startServer(t, { offer, now: () => now, ...options })
  return {
    ...server,
    pass: (seconds: number) => {
      now += seconds
    }
  }
}

async function until (isSo: () => Promise<boolean>): Promise<boolean> {
  for (let waited = 0; waited < 5_000; waited += 20) {
    if (await isSo()) return true
    await delay(20)
  }
  return false
}

t.test('what a client has received is kept for seconds, what it missed for ten minutes', async (t) => {
  const { url, app, pass } = await openTimed(t, { env: { ACCESS_TOKEN_TTL: '86400' } })
  const ann = await person(url)
  const headers = { ...ann.headers, 'mcp-session-id': await beginSession(ann) }
  const whole = await read(url, headers, 100)
  await whole.ended
  const [priming] = whole.ids()
  const again = await openStream(url, { headers: { ...headers, 'last-event-id': priming! } })
  t.match(
    await again.until(1),
    [{ id: 1, result: { contents: [{ text: 'x'.repeat(100) }] } }],
    'within seconds it is there'
  )
  await again.ended
  pass(11)
  t.equal((await openStream(url, { headers: { ...headers, 'last-event-id': priming! } })).status, 400)

  const call = await openStream(url, {
    method: 'POST',
    headers,
    body: { jsonrpc: '2.0', id: 5, method: 'tools/call', params: { name: 'ask', arguments: {} } }
  })
  const [{ id: question }] = await call.until(1)
  const missed = call.ids().at(-1)!
  call.leave()
  await call.ended
  await ann.mcp.post({ jsonrpc: '2.0', id: question, result: { action: 'accept', content: { name: 'Ann' } } }, headers)
  t.ok(
    await until(async () => (await stored(app)).some(({ size, text }) => size > 500 && text.endsWith('"over":true}')))
  )
  pass(590)
  const back = await openStream(url, { headers: { ...headers, 'last-event-id': missed } })
  t.match(await back.until(1), [{ id: 5, result: {} }])
  await back.ended
  pass(11)
  t.equal((await openStream(url, { headers: { ...headers, 'last-event-id': missed } })).status, 400)
})

t.test('a large answer is sent and not kept; who missed it is told to ask again', async (t) => {
  const { url, app } = await openTimed(t)
  const ann = await person(url)
  const headers = { ...ann.headers, 'mcp-session-id': await beginSession(ann) }
  const whole = await read(url, headers, 200_000)
  await whole.ended
  t.equal(whole.messages()[0].result.contents[0].text.length, 200_000)
  t.ok((await sizeOf(app)) < 2_000)
  const again = await openStream(url, { headers: { ...headers, 'last-event-id': whole.ids()[0]! } })
  t.match(await again.until(1), [
    { id: 1, error: { code: -32603, message: /too large to be stored: send the request again/ } }
  ])
  await again.ended
})
