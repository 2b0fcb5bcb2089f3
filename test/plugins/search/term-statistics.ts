// Statistics of the terms of a few texts, for tests of what a search costs.
import { DatabaseSync } from 'node:sqlite'
import { type Test } from 'tap'
import { createTermStatistics } from '../../../plugins/search/fts5-terms.ts'
import { TOKENIZER } from '../../../plugins/search/fts5.ts'

export function open (t: Test, texts: readonly string[]) {
  const db = new DatabaseSync(':memory:')
  t.teardown(() => db.close())
  db.exec(`CREATE VIRTUAL TABLE words USING fts5 (text, content='', contentless_delete=1, tokenize='${TOKENIZER}')`)
  const put = db.prepare('INSERT INTO words (text) VALUES (?)')
  for (const text of texts) put.run(text)
  return createTermStatistics(db)
}
