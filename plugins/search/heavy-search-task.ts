// Runs in a worker: one search in the index of documents or notes, which it may only read.
// Tested in test/plugins/search/heavy-search.test.ts.
import { DatabaseSync } from 'node:sqlite'

export interface SearchStatement {
  /** The file of the index. */
  path: string
  sql: string
  values: Array<string | number>
}

export default function search ({ path, sql, values }: SearchStatement): Array<Record<string, unknown>> {
  const db = new DatabaseSync(path, { readOnly: true, timeout: 1_000 })
  try {
    return db
      .prepare(sql)
      .all(...values)
      .map((row) => ({ ...row }))
  } finally {
    db.close()
  }
}
