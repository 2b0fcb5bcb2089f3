// Prompts, resources and completions of an upstream that fails:
// what a client reads of it, and what the operator does.
import { CLIENT_CAPABILITIES_META_KEY, ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server'
import t from 'tap'
import { toProtocolError } from '../../../../plugins/mcp/relay/guarded.ts'
import { createRelay } from '../../../../plugins/mcp/relay/relay.ts'
import { UpstreamError } from '../../../../plugins/upstreams/contract.ts'
import { fakeUpstreams, type FakeOffer } from '../../../helpers/fake-upstreams.ts'
import { start } from '../../../helpers/mcp-endpoint.ts'

const offering = (answer: FakeOffer['answer'], timeoutMs?: number) => fakeUpstreams({
  name: 'crm',
  prompts: [{ name: 'greet' }],
  uris: ['crm://one'],
  ...(timeoutMs !== undefined && { timeoutMs }),
  ...(answer && { answer })
})
const ref = { type: 'ref/prompt', name: 'crm_greet' }
const requests = [
  ['prompts/get', { name: 'crm_greet' }],
  ['resources/read', { uri: 'crm://one' }],
  ['completion/complete', { ref, argument: { name: 'a', value: '' } }]
] as const
const able = {
  _meta: { [CLIENT_CAPABILITIES_META_KEY]: { elicitation: { url: {} } } }
}

t.test('a fault of ours is an internal error without its words, which the log has (TL-44)', async (t) => {
  const upstreams = offering(() => { throw new Error('password=hunter2') })
  const { eras, logged } = await start(t, { upstreams })
  for (const [, request] of eras) {
    for (const [method, params] of requests) {
      logged.length = 0
      const { json, text } = await request(method, params)
      t.match(json.error, {
        code: ProtocolErrorCode.InternalError,
        message: /^Internal error: the operator finds it in the log as /
      })
      t.notMatch(text, 'hunter2')
      const id = json.error.message.split(' ').at(-1)
      const lines = logged.map((line) => JSON.parse(line))
      t.match(lines.find(({ level }) => level === 50), {
        msg: 'mcp request failed',
        reqId: id,
        method,
        err: { message: 'password=hunter2' }
      })
    }
  }
})

t.test('an upstream that never answers is given up after its time', async (t) => {
  const upstreams = offering(() => new Promise(() => {}), 1)
  const { modern, logged } = await start(t, { upstreams })
  const said = await Promise.all(requests.map(([method, params]) => modern(method, params)))
  for (const { json } of said) {
    t.match(json.error, {
      code: ProtocolErrorCode.InternalError,
      message: /did not answer in time/
    })
  }
  const lines = logged.filter((line) => line.includes('the upstream crm failed: no answer in time'))
  t.equal(lines.length, requests.length)
})

t.test('a prompt whose page the person did not open is refused in words for them', async (t) => {
  const elicitations = [{ mode: 'url', message: 'Pay', url: 'https://pay.example' }]
  const upstreams = offering(() => {
    throw new ProtocolError(-32042, 'Pay first', { elicitations })
  })
  const { modern } = await start(t, { upstreams })
  const asked = { name: 'crm_greet', ...able }
  const { requestState } = (await modern('prompts/get', asked)).json.result
  const inputResponses = { 'page-1': { action: 'decline' } }
  const { json } = await modern('prompts/get', {
    ...asked,
    requestState,
    inputResponses
  })
  t.match(json.error, {
    code: ProtocolErrorCode.InvalidParams,
    message: 'The person did not open the page that this needs first.'
  })
  t.equal(upstreams.sent.length, 1, 'it is not asked again')
})

t.test('of a client that has gone nothing is logged as a fault', async (t) => {
  const logged: unknown[] = []
  const log = { warn: () => logged.push('warn'), error: () => logged.push('error') }
  const request = { log, requestId: 'r', signal: AbortSignal.abort() } as never
  for (const error of [new Error('x'), new UpstreamError('crm', 'failed', 'x')]) {
    t.match(toProtocolError(error, 'prompts/get', { request }, 'The prompt x'), {
      code: ProtocolErrorCode.InternalError,
      message: 'The client disconnected.'
    })
  }
  t.same(logged, [])
})

t.test('what was taken out of the file meanwhile is away, and nothing was sent to it', async (t) => {
  const upstreams = offering(undefined)
  const relay = createRelay(upstreams, { local: false, log: { warn () {} } })
  const gone = { name: 'UpstreamError', fault: 'unreachable', wasSent: false }
  t.throws(() => relay.settingsOf('other'), gone)
  await t.rejects(relay.send({ upstream: 'other' } as never, {} as never), gone)
  t.same(upstreams.sent, [])
})
