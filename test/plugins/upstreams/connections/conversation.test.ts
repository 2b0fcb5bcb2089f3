// How long an upstream may take for a request in which it asks somebody.
import { mock } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { Conversation } from '../../../../plugins/upstreams/connections/conversation.ts'
import { exchangeOf } from '../../../helpers/memory-upstream.ts'

const LATE = { fault: 'timeout', message: 'no answer within 1 seconds' }

t.test('the time for the connection is a part of the first one, and of none after an answer', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const start = () =>
    new Conversation({
      upstream: 'crm',
      timeoutMs: 1_000,
      spentMs: 900,
      mayWait: () => true,
      send: () => new Promise(() => {})
    })
  const first = t.rejects(start().next(exchangeOf()), LATE)
  mock.timers.tick(100)
  await first

  const conversation = start()
  conversation.ask({}, new AbortController().signal).catch(() => {})
  t.match(await conversation.next(exchangeOf()), { kind: 'questions' })
  const retry = { state: conversation.id, responses: { 'question-1': { action: 'accept' } } }
  let isLate = false
  const second = conversation.next(exchangeOf({ retry } as never)).catch((error: unknown) => {
    isLate = true
    return error
  })
  mock.timers.tick(999)
  await nextTurn()
  t.notOk(isLate)
  mock.timers.tick(1)
  t.match(await second, LATE)
})
