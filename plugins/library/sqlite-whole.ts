// One more index over all documents that somebody may see, for callers who may see them all:
// each index by itself would cost them as much as there are audiences. It is there once a
// document is not for everybody, and filled in slices.
// Tested in test/plugins/library/audiences.test.ts.
import type { DatabaseSync } from 'node:sqlite'
import type { Fields } from '../search/fields.ts'
import { createTerms, createTermWriter, dropTerms, WHOLE, type TermWriter } from '../search/fts5.ts'

// At most one row. Parts up to `filled` are in the index, those up to `until` have to be; what
// is put later is in it at once.
export const WHOLE_SCHEMA = `
  CREATE TABLE IF NOT EXISTS whole (filled INTEGER NOT NULL, until INTEGER NOT NULL);
`

/** Whether an audience has members. */
const HAS_MEMBERS = "SELECT 1 FROM audiences WHERE key = ? AND gives <> '[]'"

/** Each function is called in the transaction of its caller. */
export interface WholeIndex extends TermWriter {
  /** Whether documents of this audience belong into it. */
  covers(audience: number): boolean
  /** Makes it, to be filled, unless it is there. */
  begin(): void
  /** Begins again: other documents belong into it now. */
  restart(): void
  drop(): void
  /** The parts that are missing next, in the order of their keys. */
  missing(limit: number): Array<{ key: number; audience: number }>
  /** @param key up to which nothing is missing; undefined for all. */
  filledUpTo(key: number | undefined): void
}

/** @param db with {@link WHOLE_SCHEMA}. */
export function openWhole (db: DatabaseSync): WholeIndex {
  const state = db.prepare('SELECT filled, until FROM whole')
  const begin = db.prepare('INSERT INTO whole SELECT 0, coalesce(max(key), 0) FROM documents')
  const forget = db.prepare('DELETE FROM whole')
  const fill = db.prepare('UPDATE whole SET filled = coalesce(?, until)')
  const members = db.prepare(HAS_MEMBERS)
  const missing = db.prepare(`
    SELECT key, audience FROM documents, whole WHERE key > filled AND key <= until ORDER BY key LIMIT ?
  `)
  let terms: TermWriter | undefined
  const writer = () => (terms ??= createTermWriter(db, WHOLE))
  const isThere = () => state.get() !== undefined

  const index: WholeIndex = {
    covers: (audience) => audience === 0 || members.get(audience) !== undefined,
    put (key: number, fields: Fields) {
      if (isThere()) writer().put(key, fields)
    },
    remove (key) {
      if (isThere()) writer().remove(key)
    },
    begin () {
      if (isThere()) return
      db.exec(createTerms(WHOLE))
      begin.run()
    },
    restart () {
      index.drop()
      index.begin()
    },
    drop () {
      if (!isThere()) return
      forget.run()
      terms = undefined
      db.exec(dropTerms(WHOLE))
    },
    missing: (limit) => missing.all(limit) as Array<{ key: number; audience: number }>,
    filledUpTo: (key) => {
      fill.run(key ?? null)
    }
  }
  return index
}
