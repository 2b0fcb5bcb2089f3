// Records of the SQLite storage that were read a moment ago: good until this process changes them, or until another one has written anything to the file.
import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../clock.ts'

/** Milliseconds between two looks at whether another process has written: what it changed is known here within 100. */
const LOOK_EVERY_MS = 25
const MOST_KEPT = 10_000

export interface SqliteCache {
  /** @param read reads a record, and when it is over. */
  find (key: string, read: () => Row | undefined): unknown
  forget (key: string): void
  clear (): void
}

/** `expires`: seconds since the epoch, or `null` for never. */
export interface Row { record: unknown, expires: number | null }

export function openSqliteCache (db: DatabaseSync, now: Clock): SqliteCache {
  const kept = new Map<string, Row>()
  // Changes with every commit of another connection, and with none of this one.
  const dataVersion = db.prepare('PRAGMA data_version')
  let version: unknown
  let lookedAt = -Infinity

  return {
    find (key, read) {
      const at = performance.now()
      if (at - lookedAt >= LOOK_EVERY_MS) {
        const found = dataVersion.get()!['data_version']
        if (found !== version) kept.clear()
        version = found
        lookedAt = at
      }
      const known = kept.get(key)
      if (known && (known.expires === null || known.expires > now())) return known.record
      kept.delete(key)
      const row = read()
      if (row?.record === undefined) return undefined
      if (kept.size >= MOST_KEPT) kept.delete(kept.keys().next().value!)
      kept.set(key, row)
      return row.record
    },
    forget: (key) => { kept.delete(key) },
    clear: () => { kept.clear() }
  }
}
