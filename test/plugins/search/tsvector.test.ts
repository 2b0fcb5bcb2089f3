// Documents and queries as Postgres reads them. That they find each other is tested on a real Postgres in
// test/plugins/library/postgres.test.ts.
import t from 'tap'
import { fieldsOf } from '../../../plugins/search/fields.ts'
import { parseQuery } from '../../../plugins/search/tokenize.ts'
import { anyOf, inField, lengthsOf, tsQueryOf, vectorOf } from '../../../plugins/search/tsvector.ts'

const vector = (title: string, text: string) => vectorOf(fieldsOf({ title, text }, 'en'))

t.test('a document becomes stems with their positions, the other fields after the text', async (t) => {
  t.equal(vector('Nests', '# Nests\na nest'), "'nest':1,3,15010A 'a':2")
  t.equal(vector('', '# Nests\na tree'), "'nest':1,15020B 'a':2 'tree':3")
  t.equal(vector('', 'wi-fi'), "'wi':1 'fi':2 'wifi':15020B", 'another form of a word stands among the headings')
  t.same(lengthsOf(fieldsOf({ title: 'A', text: '# Nests\nwi-fi', path: 'b.md' }, 'en')), [4, 1, 2, 1])
  t.match(vector('', "it's '; DROP"), /^'it':\d+ 's':\d+ 'drop':\d+$/)
})

t.test('a query becomes terms, in each field as well; a phrase is required', async (t) => {
  t.equal(tsQueryOf(parseQuery('?!')), undefined)
  const parsed = tsQueryOf(parseQuery('nesting "blue tents" wal*'))!
  t.same(
    parsed.terms.map(({ match }) => match),
    ["'nest'", "'blue'", "'tent'", "'wal':*", "'nest' <-> 'blue'", "'blue' <-> 'tent'"]
  )
  t.same(inField(parsed.terms, 'titles'), ["'nest':A", "'blue':A", "'tent':A", "'wal':*A", '', ''])
  t.equal(parsed.required, "(('blue' <-> 'tent'))")
  t.equal(anyOf(parsed.terms.slice(0, 2), parsed.required), "(('blue' <-> 'tent')) & (('nest') | ('blue'))")
})
