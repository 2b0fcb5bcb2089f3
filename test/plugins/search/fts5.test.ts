// How a query is asked of the tables of the index. What it finds is tested in test/plugins/library/sqlite.test.ts.
import t from 'tap'
import { rankingOf } from '../../../plugins/search/fts5.ts'
import { parseQuery } from '../../../plugins/search/tokenize.ts'

const asked = (query: string, rest: object = {}) => rankingOf({ ...parseQuery(query), candidates: [], tag: '', ...rest }, 10)
const matches = (query: string, rest?: object) => [...new Set(asked(query, rest)?.values)]

t.test('words and beginnings are optional, pairs count apart, phrases are required, nothing is syntax', async (t) => {
  t.equal(asked('?!'), undefined)
  t.same(matches('blue tent'), ['("blue" OR "tent")', '("blue tent")', 10])
  t.same(matches('conf* OR NEAR('), ['("near" OR "conf"*)', 10])
  t.equal(matches('"blue tent"')[1], '("blue tent") AND ("blue" OR "tent" OR "blue tent")')
})

t.test('candidates decide what of the text is ranked, and count once', async (t) => {
  const [blue] = parseQuery('blue tent').words
  const { sql, values } = asked('blue tent', { candidates: [[blue]] })!
  t.equal(values[0], '(("blue")) AND ("blue" OR "tent")')
  t.match(sql, /SELECT rowid, 1 \* bm25\(body\)/, 'what they count is taken off again')
})

t.test('with a tag nothing is asked for but what has it (SW-01)', async (t) => {
  t.same(matches('"blue tent"', { tag: 'ann' }).slice(1, 2), ['("annblue anntent") AND ("annblue" OR "anntent" OR "annblue anntent")'])
})
