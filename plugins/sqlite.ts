// SQLite as every store here uses it: opened so that several processes may share a file, and written in whole steps.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * @param dataDir folder of the file; made if missing.
 * @param synchronous FULL for what must outlive a power cut, NORMAL for what can be made again.
 */
export function openDatabase (dataDir: string, name: string, synchronous: 'FULL' | 'NORMAL'): DatabaseSync {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const db = new DatabaseSync(join(dataDir, name), { timeout: 5_000 })
  try {
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** IMMEDIATE takes the write lock before reading: no other process comes between. */
export function transaction<R> (db: DatabaseSync, work: () => R): R {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    // A failed COMMIT (a full disk) may have ended the transaction already.
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}
