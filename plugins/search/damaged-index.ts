// What becomes of an index that a fault of the disk has damaged: it is made of documents or notes, so the next start makes it
// anew.
import type { DatabaseSync } from 'node:sqlite'
import { StorageUnavailable } from '../storage/contract.ts'
import { write } from '../storage/sqlite/database.ts'
import { hasCode, isDamaged, SQLITE } from '../storage/sqlite/faults.ts'

/** The version of an index that is to be made anew. */
export const DAMAGED = -1

/** What comes from a worker has no code. */
const isOfTerms = (error: unknown): boolean =>
  hasCode(error, SQLITE.corruptIndex) || /^fts5: (?:corrupt|missing row)/.test((error as Error).message)
const isOfPages = (error: unknown): boolean =>
  isDamaged(error) || /^(?:database disk image is malformed|vtable constructor failed)/.test((error as Error).message)

/**
 * @param db whose index is made anew when it is opened the next time.
 * @param isAllIndex whether nothing else is in its file, so that any page of it may be damaged.
 * @throws StorageUnavailable that tells the operator what to do, where it is damaged; and what `work` throws.
 */
export async function markDamaged<R> (db: DatabaseSync, work: () => Promise<R>, isAllIndex = false): Promise<R> {
  try {
    return await work()
  } catch (error) {
    const { message } = error as Error
    if (isOfTerms(error) || (isAllIndex && isOfPages(error))) {
      await write(db, () => db.exec(`PRAGMA user_version = ${DAMAGED}`))
      throw new StorageUnavailable(`the search index is damaged (${message}). Start the server again: it is then made anew`, { cause: error })
    }
    if (!isOfPages(error)) throw error
    throw new StorageUnavailable(`notes.db is damaged (${message}). Restore a backup: docs/operations.md`, { cause: error })
  }
}

type Work = (...args: unknown[]) => Promise<unknown>

/** @returns a store whose file is an index and nothing else: any of its functions may come to a damaged page. */
export const markingDamage = <S extends object>(db: DatabaseSync, store: S): S =>
  Object.fromEntries(
    Object.entries(store).map(([name, member]) =>
      [name, typeof member === 'function' ? (...args: unknown[]) => markDamaged(db, () => (member as Work)(...args), true) : member])
  ) as S
