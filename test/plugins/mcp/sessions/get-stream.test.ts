// The stream of a session: what changed, also for a client that was away.
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { createLocalEventBus } from '../../../../plugins/event-bus.ts'
import { openGetStream } from '../../../../plugins/mcp/sessions/get-stream.ts'
import { createSessionMessages } from '../../../../plugins/mcp/sessions/messages.ts'
import type { Session } from '../../../../plugins/mcp/sessions/store.ts'
import { ALL_RIGHTS } from '../../../../plugins/access-rules/contract.ts'
import { createOpenStreams } from '../../../../plugins/mcp/streams/open-streams.ts'
import { STREAM_BOUNDS } from '../../../../plugins/mcp/streams/subscriptions.ts'
import { beginSession, open } from '../../../helpers/mcp-sessions.ts'
import { mcpClient, openStream } from '../../../helpers/mcp.ts'

t.test(
  'GET without a session is 405, with the wrong Accept 406, with an unknown version 400; a newer stream takes over',
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

t.test(
  'changes are sent, also those that a client missed; of resources only those it subscribed to',
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

t.test('a stream that storage cannot open leaves nothing behind that listens (OW-10)', async (t) => {
  const listening = new Set<unknown>()
  const listen = (listener: unknown) => {
    listening.add(listener)
    return () => listening.delete(listener)
  }
  const bus = createLocalEventBus()
  const messages = createSessionMessages({ ...bus, subscribe: (_topic, _schema, listener) => listen(listener) as () => void })
  const away = async () => { throw new Error('storage is away') }
  const changes = { announce: away, newest: away, since: away, subscribe: (listener: unknown) => listen(listener) as () => void }
  const streams = createOpenStreams(STREAM_BOUNDS, () => 0)
  t.teardown(() => streams.close())
  const session = { key: 'key', record: { user: null, version: '2025-11-25', uris: [] as string[] } } as unknown as Session
  const deps = {
    changes, messages, open: streams, rightsOf: () => ALL_RIGHTS, streams: { open: away as never, resume: away }, follow: away
  }
  for (const lastEventId of ['', 'changes.1', 'stream.1']) {
    await t.rejects(openGetStream(session, { lastEventId, access: null, address: 'a' } as never, deps), { message: 'storage is away' })
  }
  t.equal(listening.size, 0)
})

t.test('where too much is open a stream is refused for a minute, and nothing listens', async (t) => {
  const refuse = () => t.fail('nothing is asked for')
  const deps = { open: { hasRoom: () => false, add: refuse }, changes: { subscribe: refuse }, messages: { subscribe: refuse } }
  const opened = openGetStream({} as never, { access: null, address: 'a' } as never, deps as never)
  await t.rejects(opened, {
    statusCode: 503,
    code: -32603,
    headers: { 'retry-after': '60' }
  })
})
