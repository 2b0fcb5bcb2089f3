// Several sources in one list: none crowds out the others, and what shows more of the words asked for comes first.
import t from 'tap'
import { mergeHits } from '../../../plugins/search/merge-results.ts'
import { parseQuery } from '../../../plugins/search/tokenize.ts'

const hit = (id: string, title = 'walnut') => ({ id, title, snippet: '' })
const merged = (lists: Array<Array<ReturnType<typeof hit>>>, words: string[], limit = 10) =>
  mergeHits(lists, parseQuery(words.join(' ')).words, limit).map(({ id }) => id)

t.test('hits that show equally many words alternate between the sources', async (t) => {
  const many = ['a1', 'a2', 'a3', 'a4'].map((id) => hit(id))
  t.strictSame(merged([many, [hit('b1'), hit('b2')]], ['walnut']), ['a1', 'b1', 'a2', 'b2', 'a3', 'a4'])
  t.strictSame(
    merged([many, [hit('b1'), hit('b2')], [hit('c1')]], ['walnut'], 4),
    ['a1', 'b1', 'c1', 'a2'],
    'within the limit too'
  )
})

t.test('a hit that shows more of the words comes first, and each list keeps its own order', async (t) => {
  const lists = [
    [hit('a1'), hit('a2', 'walnut garden')],
    [hit('b1', 'walnut garden'), hit('b2')]
  ]
  t.strictSame(merged(lists, ['walnut', 'garden']), ['b1', 'a1', 'a2', 'b2'])
})

t.test('no list, empty lists and no words', async (t) => {
  t.strictSame(merged([], ['walnut']), [])
  t.strictSame(merged([[], [hit('b1')]], []), ['b1'])
  t.strictSame(merged([[hit('a1')]], ['walnut'], 0), [])
})
