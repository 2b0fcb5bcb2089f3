// SQLite as every store here uses it: several processes may share a file, changes are whole steps, and neither a lock
// of others nor a full disk stops the server.
import { chmodSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DatabaseSync } from 'node:sqlite'
import { StorageFull } from '../contract.ts'
import { explain } from './explain.ts'
import { isFull, isLocked, toUnavailable } from './faults.ts'
import { allowGrowth, beginGrowth, endGrowth, makeRoom, makeRoomIn, watchRoom, type Growth } from './growth.ts'

/** At the start no request waits: another process may be making the same tables. */
const OPENING_LOCK_MS = 5_000
/** Nothing else happens in this process while SQLite itself waits for a lock. */
const BLOCKING_LOCK_MS = 10
/** How long a change is retried, while requests are served and another process holds the lock. */
export const MAX_LOCKED_MS = 5_000
export const RETRY_LOCK_MS = 40

export interface DatabaseOptions extends Growth {
  /** FULL for what must outlive a power cut, NORMAL for what can be made again. */
  synchronous: 'FULL' | 'NORMAL'
  /** Makes the tables, in one transaction. */
  prepare(db: DatabaseSync): void
}

/**
 * The files are readable by the user of the process alone, including those that were there before.
 * @param dataDir folder of the file; created if missing.
 * @throws StartError that names the file and what to do.
 */
export function openDatabase (dataDir: string, name: string, options: DatabaseOptions): DatabaseSync {
  const file = join(dataDir, name)
  const open = () => openFile(dataDir, file, options)
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    try {
      return open()
    } catch (error) {
      if (isFull(error) && makeRoomIn(dataDir)) return open()
      throw error
    }
  } catch (error) {
    throw explain(error, dataDir, file)
  }
}

function openFile (
  dataDir: string,
  file: string,
  { synchronous, prepare, ...growth }: DatabaseOptions
): DatabaseSync {
  const sizeOf = () => statSync(file, { throwIfNoEntry: false })?.size
  const before = sizeOf()
  const db = new DatabaseSync(file, { timeout: OPENING_LOCK_MS })
  try {
    // A new file gives deleted pages back to the disk: the mode must be set before it has tables.
    db.exec(`PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`)
    for (const suffix of ['', '-wal', '-shm']) protect(file + suffix)
    watchRoom(dataDir, db, { ...growth, isNew: !before })
    transaction(db, () => {
      allowGrowth(db)
      prepare(db)
    })
    db.exec(`PRAGMA busy_timeout = ${BLOCKING_LOCK_MS}`)
    return db
  } catch (error) {
    db.close()
    // An empty file would be taken for one that a fault has emptied.
    if (before === undefined && sizeOf() === 0) rmSync(file)
    throw error
  }
}

/** A folder that was there before may be open to other users of the machine. */
function protect (file: string): void {
  try {
    chmodSync(file, 0o600)
  } catch {
    /* not there, or owned by another user who gave us access */
  }
}

/**
 * IMMEDIATE takes the write lock before reading: no other process comes between. Where the disk is full, the reserve is
 * given up and `work` runs once more: it then has room if it deletes.
 */
export function transaction<R> (db: DatabaseSync, work: () => R): R {
  beginGrowth(db)
  try {
    return runTransaction(db, work)
  } catch (error) {
    if (isFull(error) && makeRoom(db)) return runTransaction(db, work)
    throw error
  } finally {
    endGrowth(db)
  }
}

function runTransaction<R> (db: DatabaseSync, work: () => R): R {
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

/**
 * A transaction of notes or documents, which waits for the lock of another process without blocking anyone.
 * @param before each attempt; what it throws passes.
 * @throws StorageFull where what is left on the disk is for sign-ins; StorageUnavailable where SQLite cannot do it; what
 * `work` throws passes.
 */
export async function write<R> (db: DatabaseSync, work: () => R, before?: () => void | Promise<void>): Promise<R> {
  for (const began = performance.now(); ;) {
    if (before) await before()
    try {
      return transaction(db, work)
    } catch (error) {
      if (isFull(error)) throw new StorageFull(FULL, { cause: error })
      if (!isLocked(error) || performance.now() - began > MAX_LOCKED_MS) throw toUnavailable(error)
    }
    await sleep(RETRY_LOCK_MS)
  }
}

const FULL =
  'the disk is nearly full, and what is left is for sign-ins: notes and documents do not grow. Make room on the disk of DATA_DIR'
