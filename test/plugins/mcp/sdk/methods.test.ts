// Methods, tools and parameters that the server does not know are errors.
import t from 'tap'
import { start } from '../../../helpers/mcp-endpoint.ts'

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
            ['initialize', { protocolVersion: 1, capabilities: 1 }, /protocolVersion: .*capabilities: /] as [
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
