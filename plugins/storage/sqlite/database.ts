// SQLite as every store here uses it: several processes may share a file, changes are whole steps, and neither a lock
// of others nor a full disk stops the server.
import { chmodSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DatabaseSync } from 'node:sqlite'
import { StartError } from '../../../errors.ts'
import { allowGrowth, beginGrowth, endGrowth, makeRoom, makeRoomIn, watchRoom, type Growth } from './disk-room.ts'
import { StorageFull, StorageUnavailable } from '../contract.ts'

/** At the start no request waits: another process may be making the same tables. */
const OPENING_LOCK_MS = 5_000
/** Nothing else happens in this process while SQLite itself waits for a lock. */
const BLOCKING_LOCK_MS = 10
/** How long a change is retried, while requests are served and another process holds the lock. */
export const MAX_LOCKED_MS = 5_000
export const RETRY_LOCK_MS = 40

/** Result codes of SQLite (https://sqlite.org/rescode.html); the lower byte is the primary code. */
const SQLITE = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  corrupt: 11,
  full: 13,
  cantOpen: 14,
  notADatabase: 26,
  noRoomForIndex: 4874
} as const

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
  const isNew = !statSync(file, { throwIfNoEntry: false })?.size
  const db = new DatabaseSync(file, { timeout: OPENING_LOCK_MS })
  try {
    // A new file gives deleted pages back to the disk: the mode must be set before it has tables.
    db.exec(`PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`)
    for (const suffix of ['', '-wal', '-shm']) protect(file + suffix)
    watchRoom(dataDir, db, { ...growth, isNew })
    transaction(db, () => {
      allowGrowth(db)
      prepare(db)
    })
    db.exec(`PRAGMA busy_timeout = ${BLOCKING_LOCK_MS}`)
    return db
  } catch (error) {
    db.close()
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
 * @throws StorageFull where what is left on the disk is for sign-ins; StorageUnavailable where SQLite cannot do it; what
 * `work` throws passes.
 */
export async function write<R> (db: DatabaseSync, work: () => R): Promise<R> {
  for (const began = performance.now(); ;) {
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

/** Turns what SQLite throws into the contract's one error; what `work` itself throws passes. */
export function guarded<R> (work: () => R): R {
  try {
    return work()
  } catch (error) {
    throw toUnavailable(error)
  }
}

const toUnavailable = (error: unknown): unknown =>
  isFault(error) ? new StorageUnavailable('the SQLite storage did not answer', { cause: error }) : error

/** Locked, full, read-only, closed: what SQLite throws. */
export function isFault (error: unknown): boolean {
  const { code } = error as { code?: string }
  return code?.startsWith('ERR_SQLITE') === true || code === 'ERR_INVALID_STATE'
}

/** Of this error or of what caused it. */
const codeOf = (error: unknown): number => {
  const { errcode, cause } = error as { errcode?: number; cause?: unknown }
  return errcode ?? (cause === undefined ? 0 : codeOf(cause))
}
const hasCode = (error: unknown, ...codes: number[]): boolean =>
  codes.includes(codeOf(error)) || codes.includes(codeOf(error) & 0xff)
export const isLocked = (error: unknown): boolean => hasCode(error, SQLITE.busy, SQLITE.locked)
export const isFull = (error: unknown): boolean => hasCode(error, SQLITE.full, SQLITE.noRoomForIndex)
/** What a disk failure or a half-restored backup leaves behind. */
export const isDamaged = (error: unknown): boolean => hasCode(error, SQLITE.corrupt, SQLITE.notADatabase)

/** What the operator reads when a database cannot be opened. */
function explain (error: unknown, dataDir: string, file: string): unknown {
  const { code = '', message } = error as NodeJS.ErrnoException
  if (isDamaged(error)) { return new StartError(`${file} is damaged (${message}). Restore a backup: docs/operations.md`, { cause: error }) }
  if (isFull(error) || code === 'ENOSPC') {
    return new StartError(
      `${file} cannot be opened: the disk is full. Make some megabytes of room on it and start again.`,
      { cause: error }
    )
  }
  if (isLocked(error)) {
    return new StartError(`${file} is locked by another process. End it, or wait until it is done, and start again.`, {
      cause: error
    })
  }
  if (hasCode(error, SQLITE.cantOpen, SQLITE.readOnly) || /^E(?:ACCES|PERM|ROFS|NOTDIR|EXIST|NOENT)$/.test(code)) {
    return new StartError(
      `DATA_DIR: the server cannot write to ${dataDir} (${message}). Name a folder that the user who runs it owns, or give it to that user: chown -R USER ${dataDir}`,
      { cause: error }
    )
  }
  return error
}
