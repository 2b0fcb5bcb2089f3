// How long work of one caller waits for its turn.
import { mock } from 'node:test'
import t from 'tap'
import { createInTurn } from '../../../plugins/upstreams/in-turn.ts'

t.test('work waits a minute for its turn, and is not begun after that', async (t) => {
  let now = 0
  const clock = mock.method(performance, 'now', () => now)
  t.teardown(() => clock.mock.restore())
  for (const [waited, isDone] of [[60_000, true], [60_001, false]] as const) {
    const inTurn = createInTurn(2)
    const { promise, resolve } = Promise.withResolvers<void>()
    const first = inTurn('ann', () => promise)
    let begun = false
    const second = inTurn('ann', async () => { begun = true })
    t.equal(await inTurn('ann', async () => {}), false, 'too much')
    now += waited
    resolve()
    t.same([await first, await second, begun], [true, isDone, isDone])
  }
})
