// Room on the disk of a data folder. Two bounds: notes, documents and journals stop growing while there is still room
// for sign-ins; and a reserve is given up when SQLite finds no room, so that deleting, sweeping and starting always work.
import { rmSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'

const MB = 1024 * 1024
/** The name of the reserve in its folder. */
export const RESERVE = 'reserve'
/** More than the write-ahead logs of three databases hold that is not in the databases yet. */
export const MAX_RESERVE_BYTES = 8 * MB
/** A small disk gives no more than this part of itself. */
const RESERVE_SHARE = 1 / 8
/** Room that is left for sign-ins: a tenth of the disk within these bounds, and of a small disk a quarter at most. */
const SIGN_IN_SHARE = 1 / 10
const MIN_SIGN_IN_BYTES = 64 * MB
const MAX_SIGN_IN_BYTES = 1024 * MB
const MAX_SIGN_IN_SHARE = 1 / 4
const RECOVER_EVERY_MS = 250
/** A megabyte is given back at a time: it is copied within the file, and requests wait meanwhile. */
const PAGES_AT_ONCE = 256
/** SQLite's own default. */
const MAX_PAGES = 4_294_967_294
/** So many free pages in a database are room enough for a while. */
const MIN_FREE_PAGES = 64

export interface Growth {
  /** Notes and documents: they stop growing while there is still room for sign-ins. */
  isBulk?: boolean
  /** The largest size of the file. */
  maxBytes?: number
}

/** One open database, and how it may grow. */
interface Member {
  room: DiskRoom
  db: DatabaseSync
  isBulk: boolean
  maxPages: number
  /** The transaction that runs must succeed: it deletes, or makes the tables. */
  isUrgent: boolean
}

/** @returns bytes, for disks of any size. */
export const roomForSignIns = (diskBytes: number): number =>
  Math.min(
    diskBytes * MAX_SIGN_IN_SHARE,
    Math.max(MIN_SIGN_IN_BYTES, Math.min(MAX_SIGN_IN_BYTES, diskBytes * SIGN_IN_SHARE))
  )

/**
 * The databases of one folder share its disk. While its reserve is gone none of them may grow: records are still
 * deleted, and what was deleted makes room for others. When the disk has room again, the reserve is made again, and they
 * grow as before.
 */
class DiskRoom {
  readonly #reserve: string
  readonly #folder: string
  readonly #members = new Set<Member>()
  #recovering: NodeJS.Timeout | undefined

  constructor (folder: string) {
    this.#folder = folder
    this.#reserve = join(folder, RESERVE)
  }

  /** The disk is full, and the reserve is gone. */
  get isFull (): boolean {
    return this.#recovering !== undefined
  }

  /** What is left is for sign-ins. */
  get isLow (): boolean {
    if (this.isFull) return true
    const disk = attempt(() => statfsSync(this.#folder))
    return disk !== undefined && disk.bavail * disk.bsize < roomForSignIns(disk.blocks * disk.bsize)
  }

  add (member: Member, isNew: boolean): void {
    this.#members.add(member)
    if (!this.isFull && !this.#makeReserve() && !isNew) this.#beginRecovery()
    if (this.isFull && !isNew) cap(member)
    else uncap(member)
  }

  /** @returns whether there was something to give up. */
  giveUpReserve (): boolean {
    if (this.isFull) return false
    this.#beginRecovery()
    rmSync(this.#reserve, { force: true })
    for (const member of this.#open()) {
      cap(member)
      attempt(() => member.db.exec('PRAGMA wal_checkpoint(PASSIVE)'))
    }
    return true
  }

  #open (): Member[] {
    for (const member of this.#members) if (!member.db.isOpen) this.#members.delete(member)
    return [...this.#members]
  }

  #beginRecovery (): void {
    this.#recovering = setInterval(() => this.#recover(), RECOVER_EVERY_MS).unref()
  }

  #recover (): void {
    const open = this.#open()
    for (const member of open) {
      attempt(() => {
        member.db.exec(`PRAGMA incremental_vacuum(${PAGES_AT_ONCE}); PRAGMA wal_checkpoint(PASSIVE)`)
        cap(member)
      })
    }
    if (open.length > 0 && !this.#makeReserve()) return
    clearInterval(this.#recovering)
    this.#recovering = undefined
    for (const member of open) uncap(member)
  }

  /** Where the reserve would take the last room, it is not made. @returns whether it is there. */
  #makeReserve (): boolean {
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

/** The file keeps the size that it has now. */
const cap = ({ db }: Member): void => db.exec('PRAGMA max_page_count = 1')
const uncap = ({ db, maxPages }: Member, pages = maxPages): void => db.exec(`PRAGMA max_page_count = ${pages}`)

/** Locked, or still full: the next attempt may do better. */
function attempt<R> (work: () => R): R | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

const rooms = new Map<string, DiskRoom>()
const members = new WeakMap<DatabaseSync, Member>()

function findRoom (folder: string): DiskRoom {
  const path = resolve(folder)
  const known = rooms.get(path) ?? new DiskRoom(path)
  rooms.set(path, known)
  return known
}

/** For a folder whose database could not even be opened. @returns whether it is worth another attempt. */
export const makeRoomIn = (folder: string): boolean => findRoom(folder).giveUpReserve()

/**
 * Bounds the growth of a database that was just opened.
 * @param isNew one that has to grow before it is of any use.
 */
export function watchRoom (
  folder: string,
  db: DatabaseSync,
  { isNew, isBulk = false, maxBytes }: Growth & { isNew: boolean }
): void {
  const pageBytes = Number(db.prepare('PRAGMA page_size').get()!['page_size'])
  const maxPages = maxBytes === undefined ? MAX_PAGES : Math.floor(maxBytes / pageBytes)
  const member: Member = { room: findRoom(folder), db, isBulk, maxPages, isUrgent: false }
  members.set(db, member)
  member.room.add(member, isNew)
}

/** Before a transaction: notes and documents grow only beyond what is left for sign-ins. */
export function beginGrowth (db: DatabaseSync): void {
  const member = members.get(db)
  if (!member?.isBulk || member.room.isFull) return
  if (member.room.isLow) cap(member)
  else uncap(member)
}

/** For the rest of this transaction the database may grow, although the disk is nearly full: it deletes something. */
export function allowGrowth (db: DatabaseSync): void {
  const member = members.get(db)
  if (!member) return
  member.isUrgent = true
  if (member.isBulk || member.room.isFull) uncap(member, MAX_PAGES)
}

/** After a transaction, which may have called {@link allowGrowth}. */
export function endGrowth (db: DatabaseSync): void {
  const member = members.get(db)
  if (!member) return
  member.isUrgent = false
  if (member.room.isFull) cap(member)
}

/**
 * SQLite found no room: gives the reserve up, but not so that notes and documents can grow.
 * @returns whether it is worth another attempt.
 */
export function makeRoom (db: DatabaseSync): boolean {
  const member = members.get(db)
  return member !== undefined && (!member.isBulk || member.isUrgent) && member.room.giveUpReserve()
}

/** Whether what is left on the disk is for sign-ins. */
export const isRoomLow = (db: DatabaseSync): boolean => members.get(db)?.room.isLow === true

/** Whether the disk is full, and the database has nothing left to write into. */
export const isOutOfRoom = (db: DatabaseSync): boolean =>
  members.get(db)?.room.isFull === true && pragma(db, 'freelist_count') < MIN_FREE_PAGES

/** How much of the room that the database may take is used: 0 to 1. */
export function fillOf (db: DatabaseSync): number {
  const { maxPages = MAX_PAGES } = members.get(db) ?? {}
  return (pragma(db, 'page_count') - pragma(db, 'freelist_count')) / maxPages
}

const pragma = (db: DatabaseSync, name: string): number => Number(db.prepare(`PRAGMA ${name}`).get()![name])
