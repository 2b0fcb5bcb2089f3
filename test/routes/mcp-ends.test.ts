// What is open for a connected app ends with its grant, in both eras and on every instance, and nobody holds more than
// their part of it.
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { z } from 'zod'
import { defineTool } from '../../authoring/tool.ts'
import type { Grant } from '../../plugins/oauth/grants/contract.ts'
import { openSqliteStorage } from '../../plugins/storage/sqlite/index.ts'
import { MODERN, modernBody, openStream, type Stream } from '../helpers/mcp.ts'
import { about, annotations, beginSession, endSoon, listen, offer, person, type Person } from '../helpers/mcp-held.ts'
import { post } from '../helpers/oauth.ts'
import { noRedis, startRedis } from '../helpers/redis.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { storageTest } from '../helpers/storages.ts'
import { until } from '../helpers/until.ts'

/**
 * All that can be open for one grant: a listen stream, the stream of a session, a stream that was resumed, and a
 * question.
 */
async function holdAll (url: string, ann: Person): Promise<Stream[]> {
  const headers = { ...ann.headers, 'mcp-session-id': await beginSession(ann) }
  const question = await openStream(url, {
    method: 'POST',
    headers,
    body: { jsonrpc: '2.0', id: 5, method: 'tools/call', params: { name: 'ask', arguments: {} } }
  })
  await question.until(1)
  const [priming] = question.ids()
  const streams = [
    await listen(url, ann.headers),
    await openStream(url, { headers }),
    await openStream(url, { headers: { ...headers, 'last-event-id': priming! } }),
    question
  ]
  t.ok(streams.every(({ status }) => status === 200))
  await Promise.all([streams[0]!.until(1), streams[2]!.until(1)])
  return streams
}

const ends: Record<string, (server: TestServer, ann: Person) => Promise<unknown>> = {
  'the app revokes its token': ({ url }, { client, refresh }) => post(`${url}/revoke`, { ...client, token: refresh }),
  'the person is locked': async ({ app }, { access }) =>
    app.signIn.lifecycle.lock((await app.grants.verifyAccessToken(access))!.user.id),
  'the account is deleted': async ({ app }, { access }) =>
    app.signIn.lifecycle.delete((await app.grants.verifyAccessToken(access))!.user.id),
  'the grant loses a scope': async ({ app }, { access }) => {
    const { grantId } = (await app.grants.verifyAccessToken(access))!
    await app.storage
      .collection<Grant>('grant')
      .update(grantId, (grant) => ({
        write: { record: { ...grant!, scopes: ['mcp:write'] }, ttl: 60 },
        result: undefined
      }))
    // As whatever changes grants here does it: through the collection that is kept in memory.
    await app.grants.listByUser('nobody')
  }
}

for (const [what, end] of Object.entries(ends)) {
  storageTest(`everything that is open ends when ${what}, and another person's does not (ME-04)`, async (t, start) => {
    let now = Date.now() / 1000
    const server = await start({ offer, now: () => now })
    const [ann, bob] = [await person(server.url), await person(server.url)]
    const [anns, bobs] = [await holdAll(server.url, ann), await holdAll(server.url, bob)]
    await end(server, ann)
    // A grant that was read before is kept for five seconds, where nothing tells of a change.
    now += 6
    await endSoon(t, anns, what)
    t.match(
      anns[0]!.messages().at(-1),
      { id: 7, result: { resultType: 'complete' } },
      'the listen stream with its last message'
    )
    t.match(anns[3]!.messages().at(-1), {
      id: 5,
      error: { message: 'The request was stopped: The connection of this app has ended' }
    })
    t.strictSame(
      bobs.map(({ messages }) => messages().length),
      [1, 0, 1, 1]
    )
    for (const stream of bobs) stream.leave()
  })
}

t.test('a grant that another process ends on the same file ends the streams of this one', async (t) => {
  const { url, app, dataDir } = await startServer(t, { offer })
  const ann = await person(url)
  const streams = await holdAll(url, ann)
  const { grantId } = (await app.grants.verifyAccessToken(ann.access))!
  const operator = openSqliteStorage(dataDir, () => Date.now() / 1000)
  await operator.collection('grant').delete(grantId)
  await operator.close()
  await endSoon(t, streams, 'without a word between the processes')
})

t.test('a call that reports its progress outside of a session ends with its grant (ME-04)', async (t) => {
  let stopped = 0
  const slow = defineTool({
    ...about,
    name: 'slow',
    input: z.object({}),
    annotations,
    async run (_args, { progress, signal }) {
      for (let step = 1; !signal.aborted; step++) {
        progress(step)
        await delay(100)
      }
      stopped++
    }
  })
  const { url } = await startServer(t, { offer: { tools: [slow] } })
  const call = (headers: Record<string, string>, { params, ...body }: ReturnType<typeof modernBody>) =>
    openStream(url, { method: 'POST', headers, body: { ...body, params } })
  for (const era of ['legacy', 'modern']) {
    const [ann, bob] = [await person(url), await person(url)]
    const open = ({ headers }: Person) => {
      const asked = { name: 'slow', arguments: {}, _meta: { progressToken: 1 } }
      return era === 'modern'
        ? call({ ...headers, 'mcp-protocol-version': MODERN, 'mcp-method': 'tools/call', 'mcp-name': 'slow' }, modernBody('tools/call', asked))
        : call(headers, { jsonrpc: '2.0', id: 1, method: 'tools/call', params: asked } as never)
    }
    const [anns, bobs] = [await open(ann), await open(bob)]
    await Promise.all([anns.until(1), bobs.until(1)])
    await post(`${url}/revoke`, { ...ann.client, token: ann.refresh })
    await endSoon(t, [anns], era)
    const told = bobs.messages().length
    await bobs.until(told + 1)
    bobs.leave()
  }
  t.ok(await until(() => stopped === 4), 'and what it runs')
})

t.test('a call that is answered at once as a whole ends with its grant as well, and its client is disconnected (ME-04)', async (t) => {
  const [started, stopped] = [new Set<string>(), new Set<string>()]
  const waiting = defineTool({
    ...about,
    name: 'waiting',
    input: z.object({}),
    annotations,
    async run (_args, { signal, user }) {
      started.add(user!.id)
      await once(signal, 'abort')
      stopped.add(user!.id)
    }
  })
  const { url, app } = await startServer(t, { offer: { tools: [waiting] } })
  const idOf = async ({ access }: Person) => (await app.grants.verifyAccessToken(access))!.user.id
  for (const era of ['legacy', 'modern'] as const) {
    const [ann, bob] = [await person(url), await person(url)]
    const [annId, bobId] = [await idOf(ann), await idOf(bob)]
    const call = ({ mcp }: Person) => mcp[era]('tools/call', { name: 'waiting', arguments: {} })
    const bobs = call(bob)
    const refused = t.rejects(call(ann), { cause: { code: 'UND_ERR_SOCKET' } }, era)
    await until(() => started.has(annId) && started.has(bobId))
    await post(`${url}/revoke`, { ...ann.client, token: ann.refresh })
    await refused
    t.ok((await until(() => stopped.has(annId))) && !stopped.has(bobId), 'and what it runs, not that of another person')
    await post(`${url}/revoke`, { ...bob.client, token: bob.refresh })
    await t.rejects(bobs)
  }
})

const redis = await startRedis()
t.teardown(() => redis?.stop())

t.test(
  'a grant that ends on one instance ends the streams on the other',
  { skip: redis ? false : noRedis },
  async (t) => {
    const env = { REDIS_URL: redis!.url, SECRET_KEY: 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A' }
    const one = await startServer(t, { env, offer })
    const two = await startServer(t, { env: { ...env, PUBLIC_URL: one.url }, offer })
    const ann = await person(one.url)
    const streams = await holdAll(two.url, ann)
    await post(`${one.url}/revoke`, { ...ann.client, token: ann.refresh })
    await endSoon(t, streams, 'both eras')
  }
)

t.test('a stream of changes ends with its token, a request that is under way does not', async (t) => {
  let now = Date.now() / 1000
  const { url } = await startServer(t, { offer, now: () => now, env: { ACCESS_TOKEN_TTL: '100' } })
  const [changes, session, resumed, question] = await holdAll(url, await person(url))
  now += 101
  await endSoon(t, [changes!, session!, resumed!], 'the three')
  t.equal(question!.messages().length, 1)
  question!.leave()
})

t.test('a cancellation ends the request that it names, and no other of the session', async (t) => {
  const { url } = await startServer(t, { offer })
  const ann = await person(url)
  const headers = { ...ann.headers, 'mcp-session-id': await beginSession(ann) }
  const send = (body: object) => openStream(url, { method: 'POST', headers, body: { jsonrpc: '2.0', ...body } })
  const ask = (id: number) => send({ id, method: 'tools/call', params: { name: 'ask', arguments: {} } })
  const [first, second] = [await ask(1), await ask(2)]
  await first.until(1)
  const [question] = await second.until(1)
  await send({ method: 'notifications/cancelled', params: { requestId: 1 } })
  await endSoon(t, [first], 'the one')
  t.equal(first.messages().length, 1, 'without an answer')
  await send({ id: question.id, result: { action: 'accept', content: { name: 'Ann' } } })
  await endSoon(t, [second], 'the other, with its answer')
  t.match(second.messages()[1], { id: 2, result: {} })
})

t.test('one app holds 20 streams of either era, and the oldest is closed (ME-05)', async (t) => {
  const { url } = await startServer(t, { offer })
  const [ann, bob] = [await person(url), await person(url)]
  const bobs = await listen(url, bob.headers)
  const first = await listen(url, ann.headers)
  const more = []
  for (let index = 0; index < 19; index++) {
    more.push(
      index % 2 === 0
        ? await listen(url, ann.headers)
        : await openStream(url, { headers: { ...ann.headers, 'mcp-session-id': await beginSession(ann) } })
    )
  }
  const newest = await listen(url, ann.headers)
  t.equal(newest.status, 200)
  await endSoon(t, [first], 'the oldest')
  t.match(first.messages().at(-1), { result: { resultType: 'complete' } })
  t.strictSame(bobs.messages().length, 1)
  for (const stream of [bobs, newest, ...more]) stream.leave()
})

t.test('one app asks 50 questions at once, and the oldest ends with a reason (ME-05)', async (t) => {
  const { url } = await startServer(t, { offer })
  const ann = await person(url)
  const headers = { ...ann.headers, 'mcp-session-id': await beginSession(ann) }
  const ask = (id: number) =>
    openStream(url, {
      method: 'POST',
      headers,
      body: { jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'ask', arguments: {} } }
    })
  const streams = []
  for (let id = 0; id <= 50; id++) streams.push(await ask(id))
  await endSoon(t, [streams[0]!], 'the oldest')
  t.match(streams[0]!.messages().at(-1), {
    id: 0,
    error: { code: -32603, message: /Too much is open: the oldest is closed/ }
  })
  t.equal((await streams[50]!.until(1))[0].method, 'elicitation/create')
  for (const stream of streams) stream.leave()
})
