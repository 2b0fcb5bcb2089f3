// Words that are mistyped are compared with tens of thousands, and others have their turns meanwhile.
import t from 'tap'
import type { Query } from '../../../plugins/postgres.ts'
import { createSpellings } from '../../../plugins/search/postgres-spellings.ts'

t.test('a mistyped word is compared with many in turns, and the nearest is found among them (BW-14)', async (t) => {
  const many = Array.from({ length: 20_000 }, (_, index) => ({ word: `w${index.toString(36).padStart(8, 'q').replace(/\d/g, 'z')}`, documents: 1 }))
  const query: Query = async <Row>() => [...many, { word: 'walnuts', documents: 1 }] as Row[]
  const { correct } = createSpellings(query, 'spellings')
  let turns = 0
  let isDone = false
  const count = () => {
    turns++
    if (!isDone) setImmediate(count)
  }
  setImmediate(count)
  const [word] = await correct([{ word: 'wolnuts', terms: ['wolnut'], isPrefix: false }], {
    audiences: [0],
    languages: ['en'],
    isKnown: () => false,
    held: async (terms) => new Set(terms)
  })
  isDone = true
  t.same(word!.terms, ['wolnut', 'walnut'])
  t.ok(turns >= 20, `${turns} turns`)
})
