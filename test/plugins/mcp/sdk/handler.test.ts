// What the SDK answers through this server: protocol versions, unknown methods, wrong parameters, empty subscriptions.
import t from 'tap'
import { MODERN, start } from '../../../helpers/mcp-endpoint.ts'

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

t.test('unknown methods and tools are errors without internals (MC-18)', async (t) => {
  const { eras } = await start(t)
  for (const [era, request] of eras) {
    const method = await request('no/such')
    t.equal(method.status, era === 'modern' ? 404 : 200, era)
    t.match(method.json, { id: 1, error: { code: -32601 } }, era)
    for (const name of ['nope', 'constructor', '__proto__', 'x'.repeat(10_000)]) {
      const tool = await request('tools/call', { name, arguments: {} })
      t.match(tool.json, { id: 1, error: { code: -32602, message: /no tool named/ } }, era)
      t.ok(tool.text.length < 500)
    }
    t.match((await request('tools/list', { cursor: 'x' })).json, { error: { code: -32602 } }, 'F6: an unknown page')
    t.match(
      (await request('resources/read', { uri: 'file:///etc/passwd', ...(era === 'modern' && { name: undefined }) }))
        .json,
      { error: { code: Number } }
    )
  }
})

t.test('parameters of the wrong shape are -32602, in a sentence (MC-18)', async (t) => {
  const { eras } = await start(t)
  for (const [era, request] of eras) {
    const cases: Array<[string, Record<string, unknown>, RegExp]> = [
      ['tools/list', { cursor: 1 }, /^Invalid params of tools\/list: cursor: /],
      ['tools/call', { arguments: {} }, /^Invalid params of tools\/call: name: /],
      ['prompts/get', {}, /name: /],
      ['resources/read', { uri: 7 }, /uri: /],
      ['completion/complete', { ref: { type: 'x' } }, /ref: .*argument: /],
      ...(era === 'legacy'
        ? [
            ['initialize', {}, /protocolVersion: .*capabilities: /] as [
              string,
              object & Record<string, unknown>,
              RegExp
            ]
          ]
        : [])
    ]
    for (const [method, params, message] of cases) {
      const { json, text } = await request(method, params)
      t.match(json.error, { code: -32602, message }, `${era} ${method}`)
      t.notMatch(text, /\\n|invalid_type/)
    }
  }
})

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
