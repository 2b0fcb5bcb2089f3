// What is stored of sessions is bounded for an app and a person, and nothing is stored without a sign-in.
import t from 'tap'
import { z } from 'zod'
import { defineTool } from '../../../../authoring/tool.ts'
import { MAX_PER_GRANT } from '../../../../plugins/mcp/sessions/by-person.ts'
import {
  about,
  annotations,
  beginSession,
  endSoon,
  INITIALIZE,
  offer,
  person,
  stored
} from '../../../helpers/mcp-held.ts'
import { mcpClient, openStream } from '../../../helpers/mcp.ts'
import { startServer } from '../../../helpers/server.ts'
import { storageTest } from '../../../helpers/storages.ts'

storageTest(
  'an app has 50 sessions; the oldest ends with its stream, and its client can initialize again (ME-05)',
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
  'what a client sends in initialize, and what it subscribes to, fits in a few kilobytes or is refused (ME-06)',
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

t.test('on a server with sign-in nothing is stored for a caller without one (ME-08)', async (t) => {
  const open = {
    ...defineTool({ ...about, name: 'open', input: z.object({}), annotations, run: async () => {} }),
    noauth: true
  }
  const { url, app } = await startServer(t, { offer: { tools: [open], resources: [], prompts: [] } as never })
  const { status, headers, json } = await mcpClient(url).legacy('initialize', INITIALIZE)
  t.strictSame([status, headers.has('mcp-session-id'), json.result.capabilities.logging], [200, false, undefined])
  t.strictSame([await stored(app, 'mcpSession'), await stored(app, 'mcpSessionList')], [[], []])
})

storageTest('a resource that is followed already, or a level that is set already, is not written again', async (t, start) => {
  const { url, app } = await start({ offer })
  const ann = await person(url)
  const session = { 'mcp-session-id': await beginSession(ann) }
  const send = async (method: string, params: object) => {
    const { json } = await ann.mcp.legacy(method, params, session)
    t.strictSame(json.result, {}, method)
    return (await stored(app, 'mcpSession'))[0]!.text
  }
  const uri = 'sized://1'
  const subscribed = await send('resources/subscribe', { uri })
  t.match(subscribed, uri)
  t.equal(await send('resources/subscribe', { uri }), subscribed)
  const level = await send('logging/setLevel', { level: 'error' })
  t.not(level, subscribed)
  t.equal(await send('logging/setLevel', { level: 'error' }), level)
  t.notMatch(await send('resources/unsubscribe', { uri }), uri)
})
