// One search in the index of documents or notes, for a process of its own that may only read it.
import { DatabaseSync } from 'node:sqlite'

export interface Look {
  /** The file of the index. */
  path: string
  sql: string
  values: Array<string | number>
}

export default function look ({ path, sql, values }: Look): Array<Record<string, unknown>> {
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
