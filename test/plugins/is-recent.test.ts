// What was a moment ago, is long ago, or is yet to come.
import t from 'tap'
import { isRecent } from '../../plugins/is-recent.ts'

t.test('a moment is recent until its time has passed, and not while it is more than five seconds ahead (SG-12)', async (t) => {
  t.equal(isRecent(100, 60, 159), true)
  t.equal(isRecent(100, 60, 160), false)
  t.equal(isRecent(105, 60, 100), true, 'another instance is ahead')
  t.equal(isRecent(106, 60, 100), false, 'the clock had leapt')
})
