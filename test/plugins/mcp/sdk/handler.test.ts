// What the SDK answers through this server: protocol versions, unknown methods, wrong parameters, empty subscriptions.
import t from 'tap'
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
