// What a search costs, in postings: counted up to a limit for one query together, whatever the index holds (SW-01).
import t from 'tap'
import {
  costInDocuments,
  costInNotes,
  isSelectiveInNotes,
  MAX_COUNTED_POSTINGS
} from '../../../plugins/search/search-cost.ts'
import { parseQuery } from '../../../plugins/search/tokenize.ts'
import { open } from './term-statistics.ts'

t.test('the limit of what is counted is one for all of a query (SW-01)', async (t) => {
  const counted: number[] = []
  const terms = {
    ...open(t, []),
    countPostings: (_word: string, _isPrefix: boolean, limit: number) => {
      const found = Math.min(limit, MAX_COUNTED_POSTINGS - 1)
      counted.push(found)
      return found
    }
  }
  for (const cost of [costInDocuments, (query: ReturnType<typeof parseQuery>) => costInNotes(query, terms, 10)]) {
    counted.length = 0
    t.equal(cost(parseQuery('aa* bb* cc* dd* ee*'), terms), Infinity)
    t.equal(counted.reduce((sum, n) => sum + n, 0), MAX_COUNTED_POSTINGS)
  }
})

t.test('notes: words cost no more than the person wrote, prefixes and phrases what everybody wrote', async (t) => {
  const terms = open(t, Array.from({ length: 30 }, () => 'walnut tree '.repeat(1_000)))
  const cost = (query: string) => costInNotes(parseQuery(query), terms, 70)
  t.equal(cost('walnut'), 10)
  t.equal(cost('wal*'), 30_000)
  t.equal(cost('"walnut tree"'), Infinity)
  t.ok(isSelectiveInNotes(terms)(['walnut', 'quince']))
  t.notOk(isSelectiveInNotes(terms)(['walnut', 'tree']))
})
