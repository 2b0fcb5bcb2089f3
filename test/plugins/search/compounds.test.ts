// How the words of a query are read as one or two, by what documents hold.
import t from 'tap'
import { keyOf, readingsOf, readWords, termsNeeded } from '../../../plugins/search/compounds.ts'
import type { Language } from '../../../plugins/search/languages.ts'
import { parseQuery } from '../../../plugins/search/tokenize.ts'

function read (query: string, held: string[], known: Language[] = ['en']) {
  const { forms, splits } = readWords(readingsOf(parseQuery(query, known)), (term) => held.includes(keyOf(term)))
  return { forms: forms.flatMap(({ terms, isPrefix }) => terms.map((term) => keyOf({ term, isPrefix }))), splits }
}

t.test('two words are read as one that occurs, and one that does not occur as two that do', async (t) => {
  t.same(read('wi fi', ['wifi']), { forms: ['wifi'], splits: [] })
  t.same(read('wi fi', []), { forms: [], splits: [] })
  t.same(read('wifi', ['wi', 'fi']), { forms: [], splits: [['wi', 'fi']] })
  t.same(read('wifi', ['wifi', 'wi', 'fi']), { forms: [], splits: [] })
})

t.test('where compounds are one word, a long word stands for its parts and for what begins with it', async (t) => {
  t.same(read('Gletscherabfluss', ['gletsch*', 'abfluss'], ['de']).forms, ['gletscherabfluss*', 'gletsch*', 'abfluss'])
  t.same(read('glacierrunoff', ['glacier*', 'runoff'], ['en']).forms, [])
  t.same(read('مدرسة', []).forms, ['مدرس*'], 'in Arabic script endings follow the word')
})

t.test('the look-ups of the longest question are bounded (SW-01)', async (t) => {
  const words = Array.from({ length: 60 }, (_, index) => `${'abcdefghij'.repeat(3)}${String.fromCharCode(97 + (index % 26))}x`)
  t.ok(termsNeeded(readingsOf(parseQuery(words.join(' '), ['de']))).length <= 1_000)
})
