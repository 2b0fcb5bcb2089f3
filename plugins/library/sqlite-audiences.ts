// The audiences of the documents in SQLite: each has tables of terms of its own, in the one
// file, so that a document moves from one to another in a transaction.
// Tested in test/plugins/library/audiences.test.ts.
import type { DatabaseSync } from 'node:sqlite'
import type { Audience } from '../access-rules/contract.ts'
import { createTerms, createTermWriter, dropTerms, suffixOf, type TermWriter } from '../search/fts5.ts'
import type { StoredAudience } from './audiences.ts'
import { openWhole, type WholeIndex } from './sqlite-whole.ts'

// AUTOINCREMENT: a search that was begun with a number never finds another audience under
// it.
export const AUDIENCES_SCHEMA = `
  DROP TABLE IF EXISTS audiences;
  CREATE TABLE audiences (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    gives TEXT NOT NULL,
    takes TEXT NOT NULL
  );
`

export interface StoredAudiences {
  all(): StoredAudience[]
  /**
   * The number of an audience, whose tables are made if there are none. In the transaction
   * of the caller, as all below.
   */
  keyOf(audience: Audience): number
  /** @param key from {@link keyOf}, or of a document that is there. */
  terms(key: number): TermWriter
  /** Removes the terms of rows that were deleted. */
  forget(rows: ReadonlyArray<{ key?: unknown; audience?: unknown }>): void
  relabel(key: number, audience: Audience): void
  dropEmpty(): void
  whole: WholeIndex
}

/** @param db with {@link AUDIENCES_SCHEMA}, and the tables of terms for everybody. */
export function openAudiences (db: DatabaseSync): StoredAudiences {
  const all = db.prepare('SELECT key, id, gives, takes FROM audiences ORDER BY key')
  const find = db.prepare('SELECT key FROM audiences WHERE id = ?')
  const insert = db.prepare('INSERT INTO audiences (id, gives, takes) VALUES (?, ?, ?) RETURNING key')
  const relabel = db.prepare(`
    UPDATE audiences SET id = ?, gives = ?, takes = ?
    WHERE key = ? AND NOT EXISTS (SELECT * FROM audiences WHERE id = ?)
  `)
  const empty = db.prepare(`
    DELETE FROM audiences WHERE NOT EXISTS (SELECT * FROM documents WHERE audience = audiences.key) RETURNING key
  `)
  const whole = openWhole(db)
  const writers = new Map<number, TermWriter>()
  const listsOf = ({ gives, takes }: Audience) => [JSON.stringify(gives), JSON.stringify(takes)] as const

  const terms = (key: number): TermWriter => {
    const writer = writers.get(key) ?? withWhole(createTermWriter(db, suffixOf(key)), whole, key)
    writers.set(key, writer)
    return writer
  }

  return {
    whole,
    terms,
    forget (rows) {
      for (const { key, audience } of rows) terms(audience as number).remove(key as number)
    },
    all: () =>
      all.all().map(({ key, id, gives, takes }) => ({
        key: key as number,
        id: id as string,
        gives: JSON.parse(gives as string),
        takes: JSON.parse(takes as string)
      })),
    keyOf (audience) {
      if (audience.id === '') return 0
      const known = find.get(audience.id)
      if (known) return known['key'] as number
      const key = insert.get(audience.id, ...listsOf(audience))!['key'] as number
      db.exec(createTerms(suffixOf(key)))
      if (audience.gives.length > 0) whole.begin()
      return key
    },
    relabel: (key, audience) => {
      const before = whole.covers(key)
      relabel.run(audience.id, ...listsOf(audience), key, audience.id)
      if (whole.covers(key) !== before) whole.restart()
    },
    dropEmpty () {
      for (const { key } of empty.all()) {
        writers.delete(key as number)
        db.exec(dropTerms(suffixOf(key as number)))
      }
      if (all.all().every(({ gives }) => gives === '[]')) whole.drop()
    }
  }
}

/** What is written to the index of an audience is written to the whole one as well. */
const withWhole = (own: TermWriter, whole: WholeIndex, audience: number): TermWriter => ({
  put (key, fields) {
    own.put(key, fields)
    if (whole.covers(audience)) whole.put(key, fields)
  },
  remove (key) {
    own.remove(key)
    whole.remove(key)
  }
})
