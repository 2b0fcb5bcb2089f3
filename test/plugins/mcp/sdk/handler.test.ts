// What the SDK answers through this server: protocol versions, unknown methods, wrong parameters, empty subscriptions.
import { McpServer } from '@modelcontextprotocol/server'
import t from 'tap'
import { createSdkHandler } from '../../../../plugins/mcp/sdk/handler.ts'
import { MODERN, modernBody } from '../../../helpers/mcp.ts'
import { start } from '../../../helpers/mcp-endpoint.ts'

t.test(
  'a made-up session id is 404, 2026-07-28 has none, and a client that cannot be asked back gets none (MC-11)',
  async (t) => {
    const { legacy, modern, send, ran } = await start(t)
    for (const id of ['made-up', 'x'.repeat(5000), '../../etc', 'a b', '*']) {
      for (const method of ['tools/list', 'tools/call', 'ping']) {
        const { status, json } = await legacy(method, { name: 'write', arguments: {} }, { 'mcp-session-id': id })
        t.equal(status, 404, `${method} ${id.slice(0, 20)}`)
        t.match(json, { error: { code: -32001 }, id: null })
      }
      const headers = { authorization: 'Bearer alice', 'mcp-session-id': id, accept: 'text/event-stream' }
      for (const path of ['/mcp']) { for (const method of ['GET', 'DELETE']) t.equal((await send({ path, method, headers })).status, 404, method) }
      const { status, headers: answered } = await modern('tools/list', {}, { 'mcp-session-id': id })
      t.equal(status, 200)
      t.notOk(answered.has('mcp-session-id'))
    }
    t.strictSame(ran, [])
    for (const capabilities of [{}, { experimental: {} }, { elicitation: null, sampling: true, roots: 'yes' }]) {
      const { headers } = await legacy('initialize', {
        protocolVersion: '2025-11-25',
        capabilities,
        clientInfo: { name: 'x', version: '1' }
      })
      t.notOk(headers.has('mcp-session-id'), JSON.stringify(capabilities))
    }
  }
)

t.test('no list changes here, so a subscription is acknowledged as empty and ends (MC-21)', async (t) => {
  const { modern } = await start(t)
  const { status, headers, text } = await modern('subscriptions/listen', { notifications: { toolsListChanged: true } })
  t.equal(status, 200)
  t.match(headers.get('content-type'), 'text/event-stream')
  const events = text
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice(6)))
  t.match(events, [
    { method: 'notifications/subscriptions/acknowledged', params: { notifications: {} } },
    { id: 1, result: { resultType: 'complete' } }
  ])
  t.equal(events.length, 2)
})

t.test('where too much is open a subscription is refused for a minute, and nothing is followed', async (t) => {
  const refuse = () => t.fail('nothing is opened')
  const factory = () => new McpServer({ name: 'x', version: '1' }, {
    capabilities: { resources: { subscribe: true } }
  })
  const serve = createSdkHandler({
    factory,
    tools: { find: () => undefined },
    resources: { follow: refuse },
    services: {},
    subscriptions: { hasRoom: () => false, open: refuse },
    sessions: refuse,
    onError: refuse
  } as never)
  const body = modernBody('subscriptions/listen', {
    notifications: { resourceSubscriptions: ['a:b'] }
  })
  const headers = {
    'mcp-protocol-version': MODERN, 'mcp-method': 'subscriptions/listen', accept: 'application/json, text/event-stream'
  }
  const response = await serve({ body, headers, access: null, signal: new AbortController().signal } as never)
  t.match(response, { status: 503, headers: { 'retry-after': '60' } })
  t.match(JSON.parse(response.body as string), {
    id: 1,
    error: { code: -32603, message: /Too many streams are open/ }
  })
})
