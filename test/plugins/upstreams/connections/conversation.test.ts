// How long an upstream may take for a request in which it asks somebody.
import { mock } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { Conversation } from '../../../../plugins/upstreams/connections/conversation.ts'
import { exchangeOf } from '../../../helpers/memory-upstream.ts'

/** @param onStop told why it was ended at the upstream. */
const startStoppable = (onStop: (reason: unknown) => unknown) => new Conversation({
  upstream: 'crm',
  timeoutMs: 1_000,
  spentMs: 0,
  mayWait: () => true,
  send: (signal) => new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      onStop(signal.reason)
      reject(new Error('stopped'))
    })
  })
})

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

t.test('while a person is asked it ends with what allowed it, of the caller who went on last (UH-58)', async (t) => {
  const watched: Array<{ end(): void; isOver: boolean }> = []
  const whileAllowed = (end: () => void) => {
    const one = { end, isOver: false }
    watched.push(one)
    return () => { one.isOver = true }
  }
  const stopped = Promise.withResolvers<unknown>()
  const conversation = startStoppable(stopped.resolve)
  const answers: unknown[] = []
  const ask = () => conversation.ask({}, new AbortController().signal).then((answer) => answers.push(answer))
  ask()
  await conversation.next(exchangeOf({ whileAllowed }))
  ask()
  const retry = { state: conversation.id, responses: { 'question-1': { action: 'accept' } } }
  await conversation.next(exchangeOf({ retry } as never))
  t.match(watched, [{ isOver: false }], 'of one that came in at another instance nothing is known')
  ask()
  await conversation.next(exchangeOf({ whileAllowed }))
  t.match(watched, [{ isOver: true }, { isOver: false }])
  watched[1]!.end()
  t.match(await stopped.promise, /may not go on/)
  await conversation.ended
  t.ok(watched[1]!.isOver)
  t.match(answers, [{ action: 'accept' }, { action: 'cancel' }, { action: 'cancel' }])
  ask()
  await conversation.next(exchangeOf({ whileAllowed })).catch(() => {})
  t.equal(watched.length, 2, 'what is over is watched no more')
})

t.test('what a person does not answer in five minutes ends at the upstream, and so does what nobody waits for', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const reasons: unknown[] = []
  const start = () => startStoppable((reason) => reasons.push(reason))
  const unanswered = start()
  const answer = unanswered.ask({}, new AbortController().signal)
  t.match(await unanswered.next(exchangeOf()), { kind: 'questions' })
  mock.timers.tick(299_999)
  t.same(reasons, [])
  mock.timers.tick(1)
  t.same(await answer, { action: 'cancel' })
  await unanswered.ended
  t.same(reasons, ['the person did not answer in time'])
  await t.rejects(start().next(exchangeOf({ signal: AbortSignal.abort() })), {
    message: 'stopped'
  })
  t.equal(reasons[1], 'the caller has gone')
})
