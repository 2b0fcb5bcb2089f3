// A read-only connection to an index: it sees what others have committed, and blocks no writer.
// Tested in test/plugins/search/worker.test.ts.
import { DatabaseSync } from 'node:sqlite'

const LOCK_MS = 1_000

/** @param path of a SQLite file. @throws if it cannot be opened. */
export function openReader (path: string): DatabaseSync {
  const db = new DatabaseSync(path, { readOnly: true, timeout: LOCK_MS })
  db.exec('PRAGMA temp_store = MEMORY')
  return db
}
