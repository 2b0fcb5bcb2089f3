// What pages and messages say with: text, days, minutes, numbers and lists of one language.
import t from 'tap'
import { english, wordsOf } from '../../languages/index.ts'

t.test('days, minutes, numbers and lists are written as the language writes them, in UTC', async (t) => {
  t.equal(english.day(1_700_000_000), 'Nov 14, 2023')
  t.equal(wordsOf('de').day('2023-11-14T22:13:20Z'), '14.11.2023')
  t.match(english.minute(1_700_000_000), /Nov 14, 2023.*10:13.PM UTC/)
  t.match(wordsOf('fr').minute(1_700_000_000), /14 nov\. 2023.*22:13 UTC/)
  t.equal(wordsOf('de').number(12_345.5), '12.345,5')
  t.equal(english.list(['a', 'b', 'c']), 'a, b, and c')
  t.equal(wordsOf('ja').list(['a', 'b']), 'a、b')
})

t.test('a message is said in the language, and a text of somebody else is left as it is', async (t) => {
  t.equal(english.say({ key: 'common.signIn' }), 'Sign in')
  t.equal(english.say('Anything'), 'Anything')
  t.equal(wordsOf('en'), english, 'made once')
})
