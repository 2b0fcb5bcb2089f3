// Times and durations of the pages of owners.
import t from 'tap'
import { english, wordsOf } from '../../../languages/index.ts'
import { duration, timeOf } from '../../../routes/admin/numbers.ts'

t.test('an hour is written as a minute, and a day as a day', async (t) => {
  t.match(timeOf(english, 'day', 1_700_000_000), /10:13.PM/)
  t.equal(timeOf(english, 'week', 1_700_000_000), 'Nov 14, 2023')
})

t.test('a duration is in milliseconds, and no call has none', async (t) => {
  t.equal(duration(english, 1_234), '1,234 ms')
  t.equal(duration(wordsOf('de'), 1_234), '1.234 ms')
  t.equal(duration(english, undefined), '–')
})
