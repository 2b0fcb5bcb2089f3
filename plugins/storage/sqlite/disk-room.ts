// Room on the disk of a data folder. Two bounds: notes, documents and journals stop growing while there is still room
// for sign-ins; and a reserve is given up when SQLite finds no room, so that deleting, sweeping and starting always work.
import { rmSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
/** Two megabytes that a database keeps of what was deleted, for what comes next: others may take what it gives back. */
const PAGES_KEPT = 512

/** One open database, and how it may grow. */
export interface Member {
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
export class DiskRoom {
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
        const pages = Math.min(PAGES_AT_ONCE, freePages(member.db) - PAGES_KEPT)
        if (pages > 0) member.db.exec(`PRAGMA incremental_vacuum(${pages})`)
        member.db.exec('PRAGMA wal_checkpoint(PASSIVE)')
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

export const pragma = (db: DatabaseSync, name: string): number => Number(db.prepare(`PRAGMA ${name}`).get()![name])

/** Pages of the file that hold nothing. */
export const freePages = (db: DatabaseSync): number => pragma(db, 'freelist_count')

/** The file keeps the size that it has now. */
export const cap = ({ db }: Member): void => db.exec('PRAGMA max_page_count = 1')
export const uncap = ({ db, maxPages }: Member, pages = maxPages): void => db.exec(`PRAGMA max_page_count = ${pages}`)

/** Locked, or still full: the next attempt may do better. */
function attempt<R> (work: () => R): R | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
