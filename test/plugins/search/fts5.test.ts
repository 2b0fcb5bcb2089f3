// The MATCH expression of a query. What it finds is tested in test/plugins/library/sqlite.test.ts.
import t from 'tap'
import { matchExpression } from '../../../plugins/search/fts5.ts'

const all = { isSelective: () => true }

t.test('words, pairs and prefixes are optional, phrases are required, nothing is syntax', async (t) => {
  t.equal(matchExpression('?!', all), undefined)
  t.equal(matchExpression('blue tent', all)?.match, '("blue" OR "tent" OR "blue tent")')
  t.equal(matchExpression('blue tent', { isSelective: () => false })?.match, '("blue" OR "tent")')
  t.equal(matchExpression('conf* OR NEAR(', all)?.match, '("near" OR "conf"*)')
  t.equal(matchExpression('"blue tent"', all)?.match, '"blue tent" AND ("blue" OR "tent" OR "blue tent" OR "blue tent")')
})

t.test('with document frequencies only candidates are ranked', async (t) => {
  const documentFrequency = (word: string) => (word === 'blue' ? 600 : 50_000)
  t.equal(
    matchExpression('blue tent', { isSelective: () => false, documentFrequency })?.match,
    '("blue") AND ("blue" OR "tent")'
  )
})
