// What an upstream completes, and what becomes of one that cannot.
import { CLIENT_CAPABILITIES_META_KEY, ProtocolError } from '@modelcontextprotocol/server'
import t from 'tap'
import { asks, fakeUpstreams, type FakeOffer } from '../../../helpers/fake-upstreams.ts'
import { start } from '../../../helpers/mcp-endpoint.ts'

const completed = (value = '') => ({
  ref: { type: 'ref/prompt', name: 'crm_greet' },
  argument: { name: 'a', value },
  _meta: { [CLIENT_CAPABILITIES_META_KEY]: { elicitation: { form: {} } } }
})
const offering = (answer: FakeOffer['answer']) =>
  fakeUpstreams({ name: 'crm', prompts: [{ name: 'greet' }], ...(answer && { answer }) })
const NOTHING = { values: [], total: 0, hasMore: false }

t.test('one that cannot complete, or asks the person, has no values; any other refusal is passed on', async (t) => {
  const requestedSchema = { type: 'object', properties: {} }
  for (const [answer, seen] of [
    [() => { throw new ProtocolError(-32601, 'Method not found') }, { result: { completion: NOTHING } }],
    [() => asks({ mode: 'form', message: 'Which?', requestedSchema }), { result: { completion: NOTHING } }],
    [() => { throw new ProtocolError(-32602, 'no such argument') }, { error: { code: -32602, message: 'no such argument' } }]
  ] as const) {
    const { modern } = await start(t, { upstreams: offering(answer) })
    t.match((await modern('completion/complete', completed())).json, seen)
  }
})

t.test('more than a person types is refused, and not sent', async (t) => {
  const upstreams = offering(undefined)
  const { eras } = await start(t, { upstreams })
  for (const [, request] of eras) {
    const { json } = await request('completion/complete', completed('x'.repeat(1_001)))
    t.match(json.error, { code: -32602, message: /has at most 1000 characters/ })
  }
  t.same(upstreams.sent, [])
})
