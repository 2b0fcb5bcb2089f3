// Subscriptions of 2026-07-28: confirmed, filtered, bounded, and ended with the token or the server.
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { ALL_RIGHTS } from '../../../../plugins/access-rules/contract.ts'
import { createChangeLog } from '../../../../plugins/mcp/streams/change-log.ts'
import { createLocalEventBus } from '../../../../plugins/event-bus.ts'
import { createOpenStreams } from '../../../../plugins/mcp/streams/open-streams.ts'
import { createSubscriptions, STREAM_BOUNDS } from '../../../../plugins/mcp/streams/subscriptions.ts'
import { beginSession, listen, open, person } from '../../../helpers/mcp-sessions.ts'
import { mcpClient, openStream } from '../../../helpers/mcp.ts'

t.test(
  'a subscription is confirmed first, sends what was asked for and nothing else, and ends with a result when the server closes',
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

t.test('many open streams do not affect others, and end when their clients disconnect (MC-21)', async (t) => {
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

/** Beside its events each record costs 512 bytes. */
const KB = 1024

t.test('a subscription whose client has gone before it is opened holds no place (OW-12)', async (t) => {
  const streams = createOpenStreams({ ...STREAM_BOUNDS, inAll: 1 }, () => 1)
  const subscriptions = createSubscriptions({ subscribe: () => () => {} } as never, { name: 'x', version: '1' }, () => 1, () => ALL_RIGHTS, streams)
  t.teardown(subscriptions.close)
  const raw = new PassThrough()
  raw.destroy()
  await once(raw, 'close')
  const subscription = { id: 1, filter: { toolsListChanged: true }, access: null, address: '192.0.2.1' }
  subscriptions.open(raw as unknown as ServerResponse, subscription)
  t.ok(subscriptions.hasRoom({ access: null, address: '192.0.2.2' }))
})

t.test('without sign-in a subscription counts for the address that opened it (WK-08)', async (t) => {
  const streams = createOpenStreams({ ...STREAM_BOUNDS, inAll: 3 }, () => 1)
  const subscriptions = createSubscriptions({ subscribe: () => () => {} } as never, { name: 'x', version: '1' }, () => 1, () => ALL_RIGHTS, streams)
  t.teardown(subscriptions.close)
  const openFrom = (address: string) => {
    const raw = new PassThrough()
    subscriptions.open(raw as unknown as ServerResponse, { id: 1, filter: { toolsListChanged: true }, access: null, address })
    return raw
  }
  const other = openFrom('192.0.2.1')
  const many = [openFrom('192.0.2.2'), openFrom('192.0.2.2')]
  t.notOk(subscriptions.hasRoom({ access: null, address: '192.0.2.2' }), 'who has most gets no more')
  openFrom('192.0.2.3')
  t.strictSame([other, ...many].map(({ writableEnded }) => writableEnded), [false, true, false], 'the oldest of the largest makes room')
})

t.test('a subscription whose client does not read is cut off, and others are served (ME-07)', async (t) => {
  const changes = createChangeLog(
    createLocalEventBus(),
    {
      collection: () => ({
        update: async () => {
          throw new Error('not kept')
        }
      })
    } as never,
    () => 1,
    { warn () {} }
  )
  const subscriptions = createSubscriptions(changes, { name: 'x', version: '1' }, () => 1, () => ALL_RIGHTS)
  t.teardown(subscriptions.close)
  const [lazy, reader] = [new PassThrough({ highWaterMark: 1 }), new PassThrough()]
  let heard = 0
  reader.on('data', () => {
    heard++
  })
  lazy.on('error', () => {})
  for (const raw of [lazy, reader]) {
    const subscription = { id: 1, filter: { toolsListChanged: true }, access: null }
    subscriptions.open(raw as unknown as ServerResponse, subscription)
  }
  let told = 0
  while (!lazy.destroyed && told < 10_000) {
    told++
    await changes.announce([{ kind: 'tools_list_changed' }])
    await new Promise(setImmediate)
  }
  t.ok(lazy.destroyed && lazy.writableLength + lazy.readableLength < 300 * KB, `after ${told} changes`)
  t.ok(told > 500 && !reader.destroyed && heard >= told, `${heard} were heard by the other`)
})

t.test('a subscription whose rights cannot be found out ends alone, and others are told (SG-30)', async (t) => {
  const listeners: Array<(numbered: object) => void> = []
  const changes = { subscribe: (listener: never) => { listeners.push(listener) } }
  const rightsOf = (access: unknown) => {
    if (access === null) throw new TypeError('what is stored of this person is damaged')
    return ALL_RIGHTS
  }
  const subscriptions = createSubscriptions(changes as never, { name: 'x', version: '1' }, () => 1, rightsOf)
  const [damaged, other] = [new PassThrough(), new PassThrough()]
  const filter = { resourceSubscriptions: ['x:a'] }
  const access = { grantId: 'g', user: { id: 'u' }, expiresAt: Infinity }
  for (const [raw, whose] of [[damaged, null], [other, access]] as const) {
    subscriptions.open(raw as unknown as ServerResponse, { id: 1, filter, access: whose as never, address: '192.0.2.1' })
  }
  const change = { kind: 'resource_updated', uri: 'x:a', audiences: [{ gives: ['everyone'], takes: [] }] }
  listeners[0]!({ number: 1, change })
  await new Promise(setImmediate)
  t.ok(damaged.writableEnded)
  t.notOk(other.writableEnded)
  t.match(String(other.read()), /resources\/updated/)
})

t.test('at most 500 streams are told of a change in one turn', async (t) => {
  const bus = createLocalEventBus()
  const changes = createChangeLog(bus, { collection: () => ({}) } as never, () => 1, { warn () {} })
  const subscriptions = createSubscriptions(changes, { name: 'x', version: '1' }, () => 1, () => ALL_RIGHTS)
  t.teardown(subscriptions.close)
  let told = 0
  for (let id = 0; id < 1_100; id++) {
    const raw = new PassThrough()
    const subscription = { id, filter: { toolsListChanged: true }, access: null, address: `${id}` }
    subscriptions.open(raw as unknown as ServerResponse, subscription)
    raw.write = () => { told++; return true }
  }
  bus.publish('changes', [{ number: 1, change: { kind: 'tools_list_changed' } }])
  let before = 0
  for (let turn = 0; turn < 5; turn++) {
    await new Promise(setImmediate)
    t.ok(told - before <= 500, `${told - before}`)
    before = told
  }
  t.equal(told, 1_100)
})

t.test('thousands of changes at once are not held against each of thousands of streams', async (t) => {
  const bus = createLocalEventBus()
  const changes = createChangeLog(bus, { collection: () => ({ update: async () => [] }) } as never, () => 1, { warn () {} })
  const subscriptions = createSubscriptions(changes, { name: 'x', version: '1' }, () => 1, () => ALL_RIGHTS)
  t.teardown(subscriptions.close)
  const heard: number[] = []
  for (let id = 0; id < 3_000; id++) {
    const raw = new PassThrough()
    raw.on('data', () => heard.push(id))
    const filter = { resourceSubscriptions: [`doc://${id}`] }
    subscriptions.open(raw as unknown as ServerResponse, { id, filter, access: null, address: `${id}` })
  }
  await new Promise(setImmediate)
  heard.length = 0
  const before = process.cpuUsage()
  const updated = Array.from({ length: 15_000 }, (_, number) => ({
    number,
    change: { kind: 'resource_updated', uri: `doc://${number % 2 === 0 ? number : 'x'}` }
  }))
  bus.publish('changes', updated)
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  const { user, system } = process.cpuUsage(before)
  t.equal(heard.length, 1_500)
  t.ok(user + system < 500_000, `${user + system} µs`)
})

t.test('of a client that has gone nothing is asked any more', async (t) => {
  const bus = createLocalEventBus()
  const changes = createChangeLog(bus, { collection: () => ({}) } as never, () => 1, { warn () {} })
  let asked = 0
  const subscriptions = createSubscriptions(changes, { name: 'x', version: '1' }, () => 1, () => {
    asked++
    return ALL_RIGHTS
  })
  t.teardown(subscriptions.close)
  const streams = [new PassThrough(), new PassThrough()]
  for (const [id, raw] of streams.entries()) {
    const filter = { resourceSubscriptions: ['x:a'] }
    subscriptions.open(raw as unknown as ServerResponse, { id, filter, access: null, address: '192.0.2.1' })
  }
  const tell = async () => {
    asked = 0
    bus.publish('changes', [{ number: 1, change: { kind: 'resource_updated', uri: 'x:a', audiences: [{ gives: ['everyone'], takes: [] }] } }])
    await new Promise(setImmediate)
    return asked
  }
  t.equal(await tell(), 2)
  for (const [index, raw] of streams.entries()) {
    raw.destroy()
    await once(raw, 'close')
    t.equal(await tell(), 1 - index)
  }
})
