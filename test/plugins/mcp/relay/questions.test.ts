// What an upstream asks the person behind a call, in both protocol
// eras: who is asked, and what comes back.
import { CLIENT_CAPABILITIES_META_KEY } from '@modelcontextprotocol/server'
import { ProtocolError } from '@modelcontextprotocol/client'
import t from 'tap'
import type { Exchange } from '../../../../plugins/upstreams/contract.ts'
import { isShort } from '../../../../plugins/upstreams/message-bounds.ts'
import { asks, fakeUpstreams, says } from '../../../helpers/fake-upstreams.ts'
import { start } from '../../../helpers/mcp-endpoint.ts'

const form = {
  mode: 'form',
  message: 'Your name?',
  requestedSchema: { type: 'object', properties: { name: { type: 'string' } } }
}
const page = (url: string) => ({ mode: 'url', message: 'Pay', url })
const call = { name: 'shop_buy', arguments: { what: 'tea' } }
const able = {
  _meta: { [CLIENT_CAPABILITIES_META_KEY]: { elicitation: { form: {}, url: {} } } }
}
const given = (retry: Exchange['retry']) =>
  says(JSON.stringify(retry ?? 'nothing'))

/** An upstream that asks each of these, one after the other. */
const asking = (...questions: object[]) => {
  let asked = 0
  return fakeUpstreams({
    name: 'shop',
    tools: [{ name: 'buy' }],
    answer: (_request, { retry }) => {
      const question = questions[asked++]
      return question ? asks({ ...question }, `state ${asked}`) : given(retry)
    }
  })
}

t.test('a question is asked once, and the answer goes back with the state', async (t) => {
  const upstreams = asking(form)
  const { modern } = await start(t, { upstreams })
  const { result } = (await modern('tools/call', { ...call, ...able })).json
  t.equal(result.resultType, 'input_required')
  t.match(result.inputRequests, {
    question: { method: 'elicitation/create', params: form }
  })
  t.notMatch(result.requestState, 'state', 'it is sealed')
  const { requestState } = result
  const answer = { action: 'accept', content: { name: 'Ann' } }
  const inputResponses = { question: answer }
  const again = { ...call, ...able, requestState, inputResponses }
  const { json } = await modern('tools/call', again)
  t.strictSame(JSON.parse(json.result.content[0].text), {
    state: 'state 1',
    responses: { question: answer }
  })
  t.equal(upstreams.sent.length, 2, 'the call itself was sent once')
})

t.test('an answer of the wrong shape, or none, is asked again without the upstream', async (t) => {
  const upstreams = asking(form)
  const { modern } = await start(t, { upstreams })
  const { result } = (await modern('tools/call', { ...call, ...able })).json
  const { requestState } = result
  for (const question of [{ action: 'yes' }, { action: 'accept' }, 5]) {
    const inputResponses = { question }
    const again = { ...call, ...able, requestState, inputResponses }
    const { json } = await modern('tools/call', again)
    t.equal(json.result.resultType, 'input_required')
  }
  t.equal(upstreams.sent.length, 1)
})

t.test('a state fits its own call and its own person only (UP-08)', async (t) => {
  const upstreams = asking(form)
  const { modern } = await start(t, { upstreams })
  const { result } = (await modern('tools/call', { ...call, ...able })).json
  const { requestState } = result
  const inputResponses = { question: { action: 'decline' } }
  const again = { ...call, ...able, requestState, inputResponses }
  for (const [params, headers] of [
    [again, { authorization: 'Bearer bob' }],
    [{ ...again, arguments: { what: 'gold' } }, {}],
    [{ ...again, requestState: 'made up' }, {}]
  ] as const) {
    const { json } = await modern('tools/call', params, headers)
    t.equal(json.error.code, -32602)
  }
  t.equal(upstreams.sent.length, 1)
})

t.test('a question that no person can answer is declined, before any schema is asked about its fields (BW-10)', async (t) => {
  const fields = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, {}]))
  const asked = (properties: object) => ({ ...form, requestedSchema: { type: 'object', properties } })
  for (const properties of [fields(51), { name: { type: 'string', enum: Array(1_000).fill('a') } }]) {
    const { modern } = await start(t, { upstreams: asking(asked(properties)) })
    const { json } = await modern('tools/call', { ...call, ...able })
    t.match(JSON.parse(json.result.content[0].text), {
      responses: { question: { action: 'decline' } }
    })
  }
  const { modern } = await start(t, { upstreams: asking(asked(fields(50))) })
  t.equal((await modern('tools/call', { ...call, ...able })).json.result.resultType, 'input_required')
})

t.test('a form that MCP does not know is declined, and the operator reads why once', async (t) => {
  for (const odd of [{ message: 5 }, { requestedSchema: { type: 'array' } }, { mode: 'other' }]) {
    const upstreams = asking({ ...form, ...odd })
    const { modern, logged } = await start(t, { upstreams })
    const { json } = await modern('tools/call', { ...call, ...able })
    t.match(JSON.parse(json.result.content[0].text), {
      responses: { question: { action: 'decline' } }
    })
    t.equal(logged.filter((line) => line.includes('the question is no form that MCP knows')).length, 1)
  }
})

t.test('questions that a client cannot carry back and forth are a fault of the upstream (UH-07)', async (t) => {
  const upstreams = fakeUpstreams({
    name: 'shop', tools: [{ name: 'buy' }], answer: () => asks(form, 's'.repeat(65_536))
  })
  const { modern, logged } = await start(t, { upstreams })
  const { result } = (await modern('tools/call', { ...call, ...able })).json
  t.match(result, {
    isError: true,
    content: [{ text: /too large, or not in the form/ }]
  })
  t.equal(upstreams.sent.length, 1)
  t.ok(logged.some((line) => line.includes('its questions are too long')))
})

t.test('a question of megabytes is none that is kept until a person answers (UH-07)', async (t) => {
  t.ok(isShort({ message: 'x'.repeat(60_000) }))
  t.notOk(isShort({ message: 'x'.repeat(70_000) }))
})

t.test('a client that cannot be asked is not: the question is declined, and logged once', async (t) => {
  const upstreams = asking(form, form)
  const { eras, logged } = await start(t, { upstreams })
  for (const [, request] of eras) {
    const { json } = await request('tools/call', call)
    t.match(json.result.content[0].text, /decline|nothing/)
  }
  t.strictSame(upstreams.sent[1]!.exchange.retry, {
    state: 'state 1',
    responses: { question: { action: 'decline' } }
  })
  const lines = logged.filter((line) => line.includes('was declined'))
  t.equal(lines.length, 1)
})

t.test('an upstream that asks on and on is given up', async (t) => {
  const upstreams = asking(...Array.from({ length: 50 }, () => form))
  const { legacy } = await start(t, { upstreams })
  const { json } = await legacy('tools/call', call)
  t.ok(json.result.isError)
  t.ok(upstreams.sent.length < 10)
})

t.test('only https pages are shown; on this computer also those of its own', async (t) => {
  for (const [url, local, isAsked] of [
    ['https://pay.example/x', false, true],
    ['http://pay.example/x', true, false],
    ['http://127.0.0.1:8080/x', false, false],
    ['http://127.0.0.1:8080/x', true, true],
    ['javascript:alert(1)', true, false],
    ['https://user:secret@pay.example', true, false]
  ] as const) {
    const { modern } = await start(t, { upstreams: asking(page(url)), local })
    const { result } = (await modern('tools/call', { ...call, ...able })).json
    const isQuestion = result.resultType === 'input_required'
    t.equal(isQuestion, isAsked, `${url} ${local}`)
    if (isQuestion) t.equal(result.inputRequests.question.params.url, url)
  }
})

t.test('a page that has to be opened first is a question; then the call is made again', async (t) => {
  let isOpen = false
  const upstreams = fakeUpstreams({
    name: 'shop',
    tools: [{ name: 'buy' }],
    answer () {
      if (isOpen) return says('bought')
      const elicitations = [page('https://pay.example')]
      throw new ProtocolError(-32042, 'Pay first', { elicitations })
    }
  })
  const { modern } = await start(t, { upstreams })
  const { result } = (await modern('tools/call', { ...call, ...able })).json
  const [name] = Object.keys(result.inputRequests)
  const { requestState } = result
  const answered = (action: string) => modern('tools/call', {
    ...call,
    ...able,
    requestState,
    inputResponses: { [name!]: { action } }
  })
  const declined = (await answered('decline')).json.result
  t.match(declined, { isError: true, content: [{ text: /did not open/ }] })
  t.equal(upstreams.sent.length, 1)
  isOpen = true
  t.match((await answered('accept')).json.result.content, [{ text: 'bought' }])
  t.equal(upstreams.sent[1]!.exchange.retry, undefined, 'it has no state to go on from')
})

t.test('more pages than a person opens are none: the refusal is passed on (BW-10)', async (t) => {
  const elicitations = Array(21).fill(page('https://pay.example'))
  const answer = () => { throw new ProtocolError(-32042, 'Pay first', { elicitations }) }
  const { modern } = await start(t, { upstreams: fakeUpstreams({ name: 'shop', tools: [{ name: 'buy' }], answer }) })
  t.match((await modern('tools/call', { ...call, ...able })).json.error, { code: -32603, message: /Pay first$/ })
})
