// Resources of an upstream that a session follows: what the upstream says of those that it refuses.
import { ProtocolError } from '@modelcontextprotocol/server'
import t from 'tap'
import { fakeUpstreams } from '../../../helpers/fake-upstreams.ts'
import { start } from '../../../helpers/mcp-endpoint.ts'

const uri = 'crm://one'

t.test('what an upstream refuses to have followed is said in one line, however long its words are (BW-28)', async (t) => {
  const upstreams = fakeUpstreams({ name: 'crm', uris: [uri] })
  upstreams.find('crm')!.subscribe = async () => { throw new ProtocolError(-32603, '[{'.repeat(100_000), { a: 'x'.repeat(10_000) }) }
  const { legacy } = await start(t, { upstreams })
  const clientInfo = { name: 'client', version: '1' }
  const { headers } = await legacy('initialize', { protocolVersion: '2025-11-25', capabilities: { elicitation: {} }, clientInfo })
  const session = { 'mcp-session-id': headers.get('mcp-session-id')!, 'mcp-protocol-version': '2025-11-25' }
  const { json, text } = await legacy('resources/subscribe', { uri }, session)
  t.match(json, { error: { code: -32603, message: /^\[\{/ } })
  t.ok(text.length < 1_000)
})
