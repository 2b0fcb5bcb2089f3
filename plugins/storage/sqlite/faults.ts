// Translates what SQLite throws into terms of this server: locked, full, damaged, or one error for every outage.
import { StorageUnavailable } from '../contract.ts'

/** Result codes of SQLite (https://sqlite.org/rescode.html); the lower byte is the primary code. */
export const SQLITE = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  corrupt: 11,
  full: 13,
  cantOpen: 14,
  notADatabase: 26,
  corruptIndex: 267,
  noRoomForIndex: 4874
} as const

/** Turns what SQLite throws into the contract's one error; what `work` itself throws passes. */
export function guarded<R> (work: () => R): R {
  try {
    return work()
  } catch (error) {
    throw toUnavailable(error)
  }
}

export const toUnavailable = (error: unknown): unknown =>
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
export const hasCode = (error: unknown, ...codes: number[]): boolean =>
  codes.includes(codeOf(error)) || codes.includes(codeOf(error) & 0xff)
export const isLocked = (error: unknown): boolean => hasCode(error, SQLITE.busy, SQLITE.locked)
export const isFull = (error: unknown): boolean => hasCode(error, SQLITE.full, SQLITE.noRoomForIndex)
/** What a disk failure or a half-restored backup leaves behind. */
export const isDamaged = (error: unknown): boolean => hasCode(error, SQLITE.corrupt, SQLITE.notADatabase)
