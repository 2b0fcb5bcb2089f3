// What a model reads when a search had no turn, or lost it.
import t from 'tap'
import { createTurns } from '../../../plugins/search/turns.ts'

const limits = { running: 1, runningEach: 1, waiting: 2, waitingEach: 1, sliceMs: 0 }

t.test('work that gave way to others was late, and a fault stays what it is', async (t) => {
  const inTurn = createTurns(limits, 'It was late.')
  const long = inTurn('ann', (signal) => new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  }))
  const [, other] = await Promise.all([
    t.rejects(long, { name: 'ToolError', statusCode: 503, message: 'It was late.' }),
    inTurn('bob', async () => 'found')
  ])
  t.equal(other, 'found')
  const failed = inTurn('ann', async () => { throw new TypeError('a fault') })
  await t.rejects(failed, { name: 'TypeError', message: 'a fault' })
})

t.test('work that took too long was late, and what finds no place is told why', async (t) => {
  const inTurn = createTurns({ ...limits, sliceMs: 60_000 })
  const { promise, reject } = Promise.withResolvers<void>()
  const first = inTurn(null, () => promise)
  const second = inTurn(null, async () => 'found')
  await t.rejects(inTurn(null, async () => 'found'), { message: /of your own/ })
  reject(new DOMException('too long', 'TimeoutError'))
  await t.rejects(first, { name: 'ToolError', statusCode: 503, message: /took too long/ })
  t.equal(await second, 'found')
})
