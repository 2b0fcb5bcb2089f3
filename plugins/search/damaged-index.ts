// What becomes of an index that a fault of the disk has damaged: it is made of documents or notes, which are not, so the
// next start makes it anew.
import type { DatabaseSync } from 'node:sqlite'
import { StorageUnavailable } from '../storage/contract.ts'
import { hasCode, SQLITE } from '../storage/sqlite/faults.ts'

/** What comes from a worker has no code. */
const MESSAGE = /^fts5: (?:corrupt|missing row)/

/**
 * @param db without its version it is indexed again when it is opened.
 * @throws StorageUnavailable that tells the operator what to do, where the index is damaged; and what `work` throws.
 */
export async function markDamaged<R> (db: DatabaseSync, work: () => Promise<R>): Promise<R> {
  try {
    return await work()
  } catch (error) {
    const { message } = error as Error
    if (!hasCode(error, SQLITE.corruptIndex) && !MESSAGE.test(message)) throw error
    db.exec('PRAGMA user_version = 0')
    throw new StorageUnavailable(`the search index is damaged (${message}). Start the server again: it is then made anew`, { cause: error })
  }
}
