// Limits how far one database may grow: notes, documents and journals stop while there is still room for sign-ins.
import { resolve } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { cap, DiskRoom, freePages, pragma, uncap, type Member } from './disk-room.ts'

/** SQLite's own default. */
const MAX_PAGES = 4_294_967_294
/** With this many free pages a database has enough room for now. */
const MIN_FREE_PAGES = 64

export interface Growth {
  /** Notes and documents: they stop growing while there is still room for sign-ins. */
  isBulk?: boolean
  /** The largest size of the file. */
  maxBytes?: number
}

const rooms = new Map<string, DiskRoom>()
const members = new WeakMap<DatabaseSync, Member>()

function findRoom (folder: string): DiskRoom {
  const path = resolve(folder)
  const known = rooms.get(path) ?? new DiskRoom(path)
  rooms.set(path, known)
  return known
}

/** For a folder whose database could not be opened. @returns whether it is worth another attempt. */
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
 * After SQLite found no room: gives up the reserve, but not for notes and documents.
 * @returns whether it is worth another attempt.
 */
export function makeRoom (db: DatabaseSync): boolean {
  const member = members.get(db)
  return member !== undefined && (!member.isBulk || member.isUrgent) && member.room.giveUpReserve()
}

/** Whether the rest of the disk is reserved for sign-ins. */
export const isRoomLow = (db: DatabaseSync): boolean => members.get(db)?.room.isLow === true

/** Whether the disk is full, and the database has nothing left to write into. */
export const isOutOfRoom = (db: DatabaseSync): boolean =>
  members.get(db)?.room.isFull === true && freePages(db) < MIN_FREE_PAGES

/** How much of the room that the database may take is used: 0 to 1. */
export function fillOf (db: DatabaseSync): number {
  const { maxPages = MAX_PAGES } = members.get(db) ?? {}
  return (pragma(db, 'page_count') - freePages(db)) / maxPages
}
