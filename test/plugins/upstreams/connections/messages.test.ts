// What an upstream answers, asks and says, read without trust.
import t from 'tap'
import {
  isHeldOpen,
  levelOf,
  readAnswer,
  retryOf,
  textOf
} from '../../../../plugins/upstreams/connections/messages.ts'
import { hiddenParts } from '../../../../plugins/upstreams/without-secrets.ts'

const ask = { method: 'elicitation/create', params: { message: 'Which?' } }
const asking = (inputRequests: unknown, more: object = {}) =>
  ({ resultType: 'input_required', inputRequests, ...more })

t.test('a result is what it is', async (t) => {
  for (const result of [{}, { content: [] }, { resultType: 'complete', content: [] }]) {
    t.same(readAnswer('crm', result), { kind: 'result', result })
  }
})

t.test('questions come back with the state of the upstream', async (t) => {
  const asked = readAnswer('crm', asking({ which: ask }, { requestState: 'own "state"' }))
  if (asked.kind !== 'questions') throw new Error('no question')
  t.same(asked.requests, { which: ask })
  t.notOk(isHeldOpen(asked.state))
  const responses = { which: { action: 'decline' } }
  t.same(retryOf('crm', { state: asked.state, responses }), {
    inputResponses: responses,
    requestState: 'own "state"'
  })
  const without = readAnswer('crm', asking({ which: ask }))
  t.same(retryOf('crm', { state: (without as typeof asked).state, responses }), { inputResponses: responses })
})

t.test('questions that are no elicitations, or too many, are refused', async (t) => {
  const many = Object.fromEntries(Array.from({ length: 21 }, (_, number) => [number, ask]))
  const wrong = [
    undefined,
    { a: { method: 'sampling/createMessage', params: {} } },
    { a: { method: 'roots/list' } },
    { a: null },
    many
  ]
  for (const requests of wrong) {
    t.throws(() => readAnswer('crm', asking(requests)), { name: 'UpstreamError', fault: 'malformed' } as never)
  }
  t.throws(() => readAnswer('crm', asking({ a: ask }, { requestState: 7 })))
})

t.test('nothing looks into a question before it is known to be short (UH-34)', async (t) => {
  const params = new Proxy({}, { ownKeys: () => { throw new Error('looked into') } })
  t.match(readAnswer('crm', asking({ a: { method: 'elicitation/create', params } })), { kind: 'questions' })
})

t.test('a state alone has the call sent again', async (t) => {
  t.same(
    readAnswer('crm', { resultType: 'input_required', requestState: 'own' }),
    { kind: 'questions', requests: {}, state: '"own"' }
  )
})

t.test('the state of a request that was open in a process is of no use once it is gone', async (t) => {
  t.ok(isHeldOpen('x7Fq2LmZp9Rt4Vb8Ny1K'))
  t.throws(() => retryOf('crm', { state: 'x7Fq2LmZp9Rt4Vb8Ny1K', responses: {} }), { fault: 'ended' } as never)
})

t.test('log lines have one of four levels and a bounded length', async (t) => {
  t.same(
    ['debug', 'notice', 'warning', 'emergency', 'x'].map(levelOf),
    ['debug', 'info', 'warning', 'error', 'error']
  )
  t.equal(textOf('a'.repeat(9_999), []).length, 2_000)
  t.equal(textOf({ a: 1 }, []), '{"a":1}')
  t.equal(textOf(undefined, []), '')
})

t.test('no part of a secret of the file is in a line, however often an upstream repeats it (UH-35)', async (t) => {
  const secret = 'sk-live-'.repeat(20)
  for (const data of [secret, `${secret} `.repeat(50), { headers: { authorization: `Bearer ${secret}` } }]) {
    t.notMatch(textOf(data, [secret]), 'sk-live')
  }
})

t.test('nor is one that JSON writes in other characters (UH-39)', async (t) => {
  t.equal(textOf({ password: 'pa"ss\\word' }, hiddenParts(['pa"ss\\word'])), '{"password":"[secret]"}')
})
