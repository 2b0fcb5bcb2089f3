// The passage of a hit is the stretch where most of the words asked for stand together, however far into the document.
import t from 'tap'
import { snippetOf, wordsFound } from '../../../plugins/search/snippet.ts'
import { parseQuery } from '../../../plugins/search/tokenize.ts'

const filler = (word: string) => `${word} `.repeat(400)
const asked = (query: string) => parseQuery(query, ['en', 'de']).words

t.test('the densest stretch is shown, not the first match', async (t) => {
  const shown = snippetOf(`walnut ${filler('x')} the walnut tree in the garden ${filler('y')}`, asked('walnut garden'))
  t.match(shown, /^… .*walnut tree in the garden.* …$/)
  t.ok(shown.length < 300, 'in a line')
})

t.test('of equally dense stretches the first is shown', async (t) => {
  t.match(snippetOf(`${filler('x')} walnut one ${filler('y')} walnut two`, asked('walnut')), 'walnut one')
})

t.test('other forms and spellings of a word are found', async (t) => {
  for (const [text, query] of [['Straßen', 'strasse'], ['Silben\u00adtrennung', 'silbentrennung'], ['ÉCLAIRS', 'eclair'], ['signed', 'signing'], ['全文検索', '検索'], ['walnuts', 'wal*']]) {
    t.match(snippetOf(`${filler('x')} ${text} ${filler('y')}`, asked(query!)), text!)
  }
})

t.test('without a match, or without words, the document begins', async (t) => {
  t.match(snippetOf('Once upon a time', asked('walnut')), /^Once upon a time$/)
  t.match(snippetOf(`Once upon ${filler('x')}`, []), /^Once upon .* …$/)
})

t.test('words are counted once, in whatever form', async (t) => {
  t.equal(wordsFound('walnut walnuts garden', asked('walnut garden house')), 2)
  t.equal(wordsFound('walnut', []), 0)
})
