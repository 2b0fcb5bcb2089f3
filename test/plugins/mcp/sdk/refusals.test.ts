// Protocol versions that the server does not know are refused.
import t from 'tap'
import { MODERN, start } from '../../../helpers/mcp-endpoint.ts'

t.test('an unknown protocol version is 400 -32022 and names those of the server (MC-13, MC-20)', async (t) => {
  const { legacy, modern, post } = await start(t)
  for (const version of ['1900-01-01', 'garbage', '9999-12-31', '2025-03-26, 2025-06-18']) {
    for (const method of ['tools/list', 'initialize']) {
      const { status, json } = await legacy(
        method,
        { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
        { 'mcp-protocol-version': version }
      )
      t.equal(status, 400, `${method} ${version}`)
      t.notOk('result' in json)
    }
  }
  t.match((await legacy('tools/list', {}, { 'mcp-protocol-version': '1900-01-01' })).json, {
    id: 1,
    error: { code: -32022, data: { requested: '1900-01-01', supported: ['2025-11-25'] } }
  })
  const future = await post(
    {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/list',
      params: {
        _meta: {
          'io.modelcontextprotocol/protocolVersion': '2027-01-01',
          'io.modelcontextprotocol/clientCapabilities': {}
        }
      }
    },
    { 'mcp-protocol-version': '2027-01-01', 'mcp-method': 'tools/list' }
  )
  t.equal(future.status, 400)
  t.match(future.json, { id: 1, error: { code: -32022, data: { supported: [MODERN], requested: '2027-01-01' } } })

  for (const wrong of [
    { 'mcp-method': 'ping' },
    { 'mcp-name': 'write' },
    { 'mcp-protocol-version': '2025-11-25' }
  ] as Array<Record<string, string>>) {
    const { status, json } = await modern('tools/call', { name: 'fetch', arguments: {} }, wrong)
    t.equal(status, 400, JSON.stringify(wrong))
    t.equal(json.error.code, -32020)
  }
  const bare = await post(
    { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} },
    { 'mcp-protocol-version': MODERN, 'mcp-method': 'tools/list' }
  )
  t.equal(bare.status, 400, 'T17: a modern request without its _meta')
  t.equal(bare.json.error.code, -32602)
})
