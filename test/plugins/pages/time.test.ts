// A moment has a form for people and one for programs.
import t from 'tap'
import { english, wordsOf } from '../../../languages/index.ts'
import { dayOf, minuteOf } from '../../../plugins/pages/time.ts'

t.test('days and minutes come in the words of the language, and in ISO 8601', async (t) => {
  t.same(dayOf(english, 1_700_000_000), { iso: '2023-11-14', text: 'Nov 14, 2023' })
  t.same(dayOf(wordsOf('de'), '2023-11-14T22:13:20Z'), { iso: '2023-11-14', text: '14.11.2023' })
  t.same(minuteOf(english, 1_700_000_000), { iso: '2023-11-14T22:13:20.000Z', text: english.minute(1_700_000_000) })
})
