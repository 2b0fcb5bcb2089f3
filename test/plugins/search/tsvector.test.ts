// Documents and queries as Postgres reads them. That they find each other is tested on a real Postgres in
// test/plugins/library/postgres.test.ts.
import t from 'tap'
import { anyOf, parseTsQuery, vectorOf } from '../../../plugins/search/tsvector.ts'

t.test('a document becomes stems with their positions, the title four times', async (t) => {
  t.equal(vectorOf({ title: 'Nests', text: 'a nest' }), "'nest':1,12,23,34,66 'a':65")
  t.match(vectorOf({ title: '', text: "it's '; DROP" }), /^'it':\d+ 's':\d+ 'drop':\d+$/)
})

t.test('a query becomes terms; a phrase is required', async (t) => {
  t.equal(parseTsQuery('?!'), undefined)
  const parsed = parseTsQuery('nesting "blue tents" wal*')!
  t.same(
    parsed.terms.map(({ match }) => match),
    ["'nest'", "'blue'", "'tent'", "'wal':*", "'nest' <-> 'blue'", "'blue' <-> 'tent'"]
  )
  t.equal(parsed.required, "('blue' <-> 'tent')")
  t.equal(anyOf(parsed.terms.slice(0, 2), parsed.required), "('blue' <-> 'tent') & (('nest') | ('blue'))")
})
