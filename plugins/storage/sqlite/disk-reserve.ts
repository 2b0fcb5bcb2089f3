// Room on a full disk: each data folder holds a reserve, and gives it up when SQLite finds no room, so that deleting,
// sweeping and starting always work.
import { rmSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'

/** More than what the write-ahead logs of three databases hold that is not in the databases yet. */
const MAX_RESERVE_BYTES = 8 * 1024 * 1024
/** A small disk gives no more than this part of itself. */
const RESERVE_SHARE = 1 / 8
const RECOVER_EVERY_MS = 250
/** A megabyte is given back at a time: it is copied within the file, and requests wait meanwhile. */
const PAGES_AT_ONCE = 256
/** SQLite's own default. */
const MAX_PAGES = 4_294_967_294
/** So many free pages in a database are room enough for a while. */
const MIN_FREE_PAGES = 64

/**
 * The databases of one folder share its disk. While its reserve is gone none of them may grow: records are still
 * deleted, and
 * what was deleted makes room for others. When the disk has room again, the reserve is made again, and they grow as
 * before.
 */
class Room {
  readonly #reserve: string
  readonly #folder: string
  readonly #databases = new Set<DatabaseSync>()
  #recovering: NodeJS.Timeout | undefined

  constructor (folder: string) {
    this.#folder = folder
    this.#reserve = join(folder, 'reserve')
  }

  get isShort (): boolean {
    return this.#recovering !== undefined
  }

  add (db: DatabaseSync, isNew: boolean): void {
    this.#databases.add(db)
    if (!this.isShort && !this.#hold() && !isNew) this.#beginRecovery()
    if (this.isShort && !isNew) cap(db)
  }

  /** @returns whether there was something to give up. */
  giveUp (): boolean {
    if (this.isShort) return false
    this.#beginRecovery()
    rmSync(this.#reserve, { force: true })
    for (const db of this.#open()) {
      cap(db)
      attempt(() => db.exec('PRAGMA wal_checkpoint(PASSIVE)'))
    }
    return true
  }

  #open (): DatabaseSync[] {
    for (const db of this.#databases) if (!db.isOpen) this.#databases.delete(db)
    return [...this.#databases]
  }

  #beginRecovery (): void {
    this.#recovering = setInterval(() => this.#recover(), RECOVER_EVERY_MS).unref()
  }

  #recover (): void {
    const open = this.#open()
    for (const db of open) {
      attempt(() => {
        db.exec(`PRAGMA incremental_vacuum(${PAGES_AT_ONCE}); PRAGMA wal_checkpoint(PASSIVE)`)
        cap(db)
      })
    }
    if (open.length > 0 && !this.#hold()) return
    clearInterval(this.#recovering)
    this.#recovering = undefined
    for (const db of open) uncap(db)
  }

  /**
   * Makes the reserve, unless somebody has; where it would take the last room, nobody gets it.
   * @returns whether it is there.
   */
  #hold (): boolean {
    return (
      attempt(() => {
        const { blocks, bavail, bsize } = statfsSync(this.#folder)
        const bytes = Math.min(MAX_RESERVE_BYTES, Math.floor(blocks * bsize * RESERVE_SHARE))
        if (statSync(this.#reserve, { throwIfNoEntry: false })?.size === bytes) return true
        if (bavail * bsize < 2 * bytes) return false
        try {
          writeFileSync(this.#reserve, Buffer.alloc(bytes), { mode: 0o600 })
          return true
        } catch (error) {
          rmSync(this.#reserve, { force: true })
          throw error
        }
      }) ?? false
    )
  }
}

/** What a database has now, it keeps. */
const cap = (db: DatabaseSync): void => db.exec('PRAGMA max_page_count = 1')
const uncap = (db: DatabaseSync): void => db.exec(`PRAGMA max_page_count = ${MAX_PAGES}`)

/** Locked, or still full: the next attempt may do better. */
function attempt<R> (work: () => R): R | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

const rooms = new Map<string, Room>()
const roomOf = new WeakMap<DatabaseSync, Room>()

function findRoom (folder: string): Room {
  const path = resolve(folder)
  const known = rooms.get(path) ?? new Room(path)
  rooms.set(path, known)
  return known
}

/** For a folder whose database could not even be opened. @returns whether it is worth another attempt. */
export const makeRoomIn = (folder: string): boolean => findRoom(folder).giveUp()

/** Keeps room for a database that was just opened. @param isNew one that has to grow before it is of any use. */
export function keepRoom (folder: string, db: DatabaseSync, isNew: boolean): void {
  const room = findRoom(folder)
  roomOf.set(db, room)
  room.add(db, isNew)
}

/** SQLite found no room: gives the reserve up. @returns whether it is worth another attempt. */
export const makeRoom = (db: DatabaseSync): boolean => roomOf.get(db)?.giveUp() ?? false

/**
 * For the rest of this transaction the database may grow by what is needed to delete something, although the disk is
 * full.
 */
export const growToDelete = (db: DatabaseSync): void => {
  if (roomOf.get(db)?.isShort) uncap(db)
}

/** After a transaction that may have called {@link growToDelete}. */
export const growOnlyIfRoom = (db: DatabaseSync): void => {
  if (roomOf.get(db)?.isShort) cap(db)
}

/** Whether the disk is full, and the database has nothing left to write into. */
export const isOutOfRoom = (db: DatabaseSync): boolean =>
  roomOf.get(db)?.isShort === true &&
  Number(db.prepare('PRAGMA freelist_count').get()!['freelist_count']) < MIN_FREE_PAGES
