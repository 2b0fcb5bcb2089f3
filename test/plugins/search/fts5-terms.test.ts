// Document frequencies and postings of an FTS5 index, by its own tokenizer.
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { createTermStatistics } from '../../../plugins/search/fts5-terms.ts'
import { TOKENIZER } from '../../../plugins/search/fts5.ts'
import { open } from './term-statistics.ts'

t.test('a word is counted by its stem, a prefix by all terms that begin with its stem', async (t) => {
  const terms = open(t, ['nesting nests', 'a nest', 'nestor nestling'])
  t.equal(terms.documentFrequency('nested'), 2)
  t.equal(terms.postings('nested'), 3)
  t.equal(terms.countPostings('nest', false, 100), 3)
  t.equal(terms.countPostings('nest', true, 100), 5)
  t.equal(terms.countPostings('nesting', true, 100), 5, 'FTS5 stems a prefix too')
  t.equal(terms.countPostings('nest', true, 2), 2, 'up to the limit')
  t.equal(terms.countPostings('', true, 2), 0)
})

t.test('a word that the tokenizer splits is no single term', async (t) => {
  const terms = open(t, ['हिन्दी'])
  t.notOk(terms.isSingleTerm('हिन्दी'))
  t.ok(terms.isSingleTerm('walnut'))
})

t.test('frequencies are cached until they are refreshed', async (t) => {
  const db = new DatabaseSync(':memory:')
  t.teardown(() => db.close())
  db.exec(`CREATE VIRTUAL TABLE words USING fts5 (text, content='', contentless_delete=1, tokenize='${TOKENIZER}')`)
  const terms = createTermStatistics(db)
  t.equal(terms.documentFrequency('walnut'), 0)
  db.exec("INSERT INTO words (text) VALUES ('walnut')")
  t.equal(terms.documentFrequency('walnut'), 0)
  t.equal(terms.countPostings('walnut', false, 10), 1, 'what is counted for the cost is never old')
  terms.refresh()
  t.equal(terms.documentFrequency('walnut'), 1)
})
