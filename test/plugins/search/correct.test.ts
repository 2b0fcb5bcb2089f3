// What was meant by a word that no document holds.
import t from 'tap'
import { corrected, isSpelled, plausible, spellingsNear } from '../../../plugins/search/correct.ts'
import { stem } from '../../../plugins/search/stem.ts'

const written = ['panther', 'panthers', 'translation', 'receive', 'user', 'tiếng', 'tiêng', 'surrendered'].map((word, index) => ({ word, documents: index + 1 }))
const meant = (word: string) => corrected({ word, terms: [stem(word, 'en')], isPrefix: false }, written, ['en']).terms.slice(1)

t.test('one slip from four letters on, two from eight', async (t) => {
  t.same(meant('panhter'), ['panther'], 'two letters that changed places')
  t.same(meant('pantherr'), ['panther'])
  t.same(meant('tranxlatiom'), ['translat'])
  t.same(meant('usr'), [])
  t.same(meant('usrr'), ['user'])
  t.same(meant('surrneder'), ['surrend'], 'by what is left without endings, if nobody wrote the word itself')
  t.same(meant('completely'), [])
})

t.test('without its accents a word stands for all that differ in them alone', async (t) => {
  const typed = { word: 'tieng', terms: ['tieng'], isPrefix: false }
  t.same(corrected(typed, written, ['vi']).terms, ['tieng', 'tiêng', 'tiếng'])
})

t.test('numbers, codes and languages without spaces are not corrected', async (t) => {
  t.same(['walnut', 'v2', '会議', 'x'.repeat(40)].map(isSpelled), [true, false, false, false])
  t.same(spellingsNear('walnuts'), { letters: ['w', 'a'], shortest: 6, longest: 8 })
})

t.test('a spelling may be meant that is near itself, or near without endings', async (t) => {
  const near = (word: string, ...spellings: string[]) => plausible(word, spellings, ['en'])
  t.same(near('tranxlatiom', 'panther', 'translation'), ['translation'])
  t.same(near('surrneder', 'surrendered', 'walnut'), ['surrendered'])
  t.same(near('usr', 'user'), [])
})
