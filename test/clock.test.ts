// The clock: a wall clock that is set back revives nothing, and one that jumps ahead counts (threat WB-10).
import t from 'tap'
import { monotonicClock } from '../clock.ts'

t.test('time never runs backwards, and follows the wall clock when that is ahead (WB-10)', async (t) => {
  const real = Date.now
  t.teardown(() => {
    Date.now = real
  })
  const before = monotonicClock()
  Date.now = () => real() - 86_400_000
  t.ok(monotonicClock() >= before - 0.01, 'set back by a day')
  Date.now = () => real() + 86_400_000
  t.ok(monotonicClock() >= before + 86_000, 'a machine that slept for a day')
})
