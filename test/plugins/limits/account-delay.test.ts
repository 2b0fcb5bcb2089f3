// How long a guess at an account waits. The waits themselves are tested in test/plugins/limits/rate-limits.test.ts.
import t from 'tap'
import { waitAfter } from '../../../plugins/limits/account-delay.ts'

t.test('ten failures are free, then the wait doubles up to five seconds', async (t) => {
  t.same([0, 9, 10, 11, 12, 14, 15, 900].map(waitAfter), [0, 0, 250, 500, 1_000, 4_000, 5_000, 5_000])
})
