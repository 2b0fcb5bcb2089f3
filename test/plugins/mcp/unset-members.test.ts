// What clients write as null or leave out, and what the endpoint answers (JSON-RPC 2.0 §4.2).
import t from 'tap'
import { startServer } from '../../helpers/server.ts'
import { withoutUnsetMembers } from '../../../plugins/mcp/unset-members.ts'

t.test('optional members that are null are not there; nothing else changes', async (t) => {
  const of = (params: unknown, method = 'tools/call') => withoutUnsetMembers({ jsonrpc: '2.0', id: 1, method, params })
  t.same(of(null), { jsonrpc: '2.0', id: 1, method: 'tools/call' })
  t.same(of({ name: 'a', arguments: null, _meta: null }), { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'a' } })
  for (const params of [[], 'x', 7, { name: null }, { name: 'a', arguments: { b: null } }]) {
    t.same(of(params), { jsonrpc: '2.0', id: 1, method: 'tools/call', params }, JSON.stringify(params))
  }
  for (const body of [null, [], 'x', 7, {}]) t.same(withoutUnsetMembers(body), body)
})

t.test('each such message is answered, and params that are no object are named', async (t) => {
  const { url } = await startServer(t, { env: { AUTH_BACKEND: 'none' } })
  const send = async (method: string, params: unknown, id: number | undefined = 1) => {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', ...(id && { id }), method, params })
    })
    return { status: answer.status, body: answer.status === 202 ? undefined : ((await answer.json()) as Record<string, any>) }
  }
  for (const params of [null, { cursor: null }, { _meta: null }]) {
    t.match(await send('tools/list', params), { status: 200, body: { result: { tools: Array } } }, JSON.stringify(params))
  }
  t.match(await send('ping', null), { status: 200, body: { result: {} } })
  t.match(await send('notifications/initialized', null, 0), { status: 202 })
  t.match(await send('tools/call', { name: 'list_notes', arguments: null }), { status: 200, body: { result: Object } })
  t.match(await send('tools/list', []), { status: 400, body: { error: { code: -32600, message: /params is an object, or left out/ } } })
})

t.test('initialize without a word about the client is answered in the newest version of its era', async (t) => {
  const { url } = await startServer(t, { env: { AUTH_BACKEND: 'none' } })
  for (const params of [{}, undefined, null, { capabilities: {} }, { protocolVersion: '2025-11-25' }]) {
    const answer = await fetch(`${url}/mcp`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: '' },
      body: JSON.stringify({ jsonrpc: '2.0', method: 'initialize', id: 1, params })
    })
    t.equal(answer.status, 200, JSON.stringify(params))
    t.match(await answer.json(), { result: { protocolVersion: '2025-11-25', serverInfo: { name: 'mcp-oauth-server' } } })
  }
})
