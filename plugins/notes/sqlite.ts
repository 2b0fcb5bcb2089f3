// Notes in one SQLite file: nothing to install, on the disk before the call is answered, indexed by FTS5 in the same
// transaction.
import { randomBytes } from 'node:crypto'
import { mkdirSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { createLines } from '../../authoring/in-line.ts'
import { createOwnTurns } from '../in-turns.ts'
import { INDEX_FILES } from '../search/contract.ts'
import { fieldsOf, textLanguage, type Fields } from '../search/fields.ts'
import { markDamaged } from '../search/damaged-index.ts'
import { createTermWriter, createTerms, type TermWriter } from '../search/fts5.ts'
import type { Language } from '../search/languages.ts'
import { openNoteSearch, tagOf, type NoteSearch } from '../search/sqlite-notes.ts'
import type { SearchWorker } from '../search/worker.ts'
import { refuseEmptied } from '../storage/sqlite/check.ts'
import { openDatabase, write } from '../storage/sqlite/database.ts'
import { allowGrowth, fillOf } from '../storage/sqlite/growth.ts'
import { MAX_ALL_NOTES_BYTES, type Note, type NoteStore, type Usage } from './contract.ts'

/** Increase it when the terms of the index change: it is then created again from the notes. */
const INDEX_VERSION = 2
/** Notes in memory meanwhile: a million characters at most. */
const REINDEXED_AT_ONCE = 25
/** Characters of a text that is cut into words in a turn of its own, and written in another: each may take 50 ms (threat TL-37). */
const LONG = 5_000
/** Notes that are removed before others have a turn. */
const REMOVED_AT_ONCE = 25

// The long text comes last: a read of the other columns does not touch its pages.
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS notes (
    key INTEGER PRIMARY KEY, owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, created REAL NOT NULL, modified REAL NOT NULL,
    characters INTEGER NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL, language TEXT NOT NULL DEFAULT 'en', UNIQUE (owner, id)
  );
  CREATE INDEX IF NOT EXISTS notes_by_change ON notes (owner, modified, id);
  CREATE INDEX IF NOT EXISTS notes_by_title ON notes (owner, title, id);
  CREATE TABLE IF NOT EXISTS file (identity TEXT NOT NULL);
`

const PUT = `
  INSERT INTO notes (owner, id, version, created, modified, characters, title, text, language) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (owner, id) DO UPDATE SET version = excluded.version, modified = excluded.modified, characters = excluded.characters, title = excluded.title, text = excluded.text,
    language = excluded.language
  RETURNING key
`

const COLUMNS = 'id, title, text, version, created, modified'
const FILE = INDEX_FILES.notes

/**
 * @param dataDir folder of the database file; created if missing.
 * @param worker runs the searches; without it they run in this process.
 * @param maxBytes the largest size of the file: what all notes together may take.
 * @returns the store, and an identity that no other file has.
 */
export function openSqliteNotes (
  dataDir: string,
  worker?: SearchWorker,
  maxBytes = maxBytesOn(dataDir)
): NoteStore & { identity: string } {
  refuseEmptied(dataDir, FILE)
  const db = openDatabase(dataDir, FILE, { synchronous: 'FULL', isBulk: true, maxBytes, prepare: createTables })
  const sql = prepare(db)
  const ownTurn = createOwnTurns()
  // Changes of one note: the next is cut once the one before it is written, or what was cut would not be what is written then.
  const inLine = createLines(Infinity)
  let here: NoteSearch | undefined
  /**
   * @param remove removes notes and returns their keys. @returns how many those were.
   */
  const removeFound = (remove: () => Array<Record<string, unknown>>): number => {
    // FTS5 marks a word as deleted by writing.
    allowGrowth(db)
    const keys = remove()
    for (const { key } of keys) sql.terms.remove(key as number)
    return keys.length
  }

  return {
    identity: db.prepare('SELECT identity FROM file').get()!['identity'] as string,
    description: `SQLite in ${dataDir}`,
    async update (owner, id, decide, _caller, before) {
      const next = () => {
        const usage = { ...sql.usage.get(owner), fill: fillOf(db) } as Usage
        return decide(asNotes([sql.find.get(owner, id)])[0], usage)
      }
      await inLine(JSON.stringify([owner, id]), async () => {
        const ahead = await cutAhead(next, ownTurn)
        await markDamaged(db, () => write(db, () => {
          const note = next()
          if (note) put(sql, owner, note, ahead)
          else removeFound(() => sql.remove.all(owner, id))
        }, before))
      })
    },
    ...readerOf(sql),
    async search (owner, query, limit, caller = owner) {
      if ((sql.usage.get(owner) as unknown as Usage).notes === 0) return []
      return markDamaged(db, async () => {
        if (worker) return worker.searchNotes(query, limit, owner, caller)
        here ??= openNoteSearch(join(dataDir, FILE))
        return here.search(owner, query, limit)
      })
    },
    async removeAll (owner) {
      for (let removed = 0; ; await ownTurn()) {
        const found = await markDamaged(db, () => write(db, () => removeFound(() => sql.removeSome.all(owner))))
        removed += found
        if (found < REMOVED_AT_ONCE) return removed
      }
    },
    async close () {
      here?.close()
      here = undefined
      if (db.isOpen) db.close()
    }
  }
}

/** What is read without a search. */
const readerOf = (sql: Statements): Pick<NoteStore, 'find' | 'list' | 'listById' | 'complete' | 'count'> => ({
  find: async (owner, id) => asNotes([sql.find.get(owner, id)])[0],
  list: async (owner, limit, before) =>
    asNotes(before ? sql.listBefore.all(owner, before.modified, before.id, limit) : sql.list.all(owner, limit)),
  listById: async (owner, limit, after = '') => asNotes(sql.listById.all(owner, after, limit)),
  async complete (owner, typed, limit) {
    const found = [
      ...sql.idsFrom.all(owner, typed, typed + LAST_CHARACTER, limit),
      ...sql.titlesWith.all(owner, typed, limit)
    ]
    return [...new Set(found.map(({ id }) => id as string))].slice(0, limit)
  },
  count: async (owner) => (sql.usage.get(owner) as unknown as Usage).notes
})

/** Half of a small disk, so that one file never takes all of it. */
function maxBytesOn (dataDir: string): number {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const { blocks, bsize } = statfsSync(dataDir)
  return Math.min(MAX_ALL_NOTES_BYTES, (blocks * bsize) / 2)
}

function createTables (db: DatabaseSync): void {
  db.exec(SCHEMA)
  if (db.prepare('PRAGMA user_version').get()!['user_version'] !== INDEX_VERSION) reindex(db)
  const identity = randomBytes(16).toString('hex')
  db.prepare('INSERT INTO file (identity) SELECT ? WHERE NOT EXISTS (SELECT * FROM file)').run(identity)
}

/** Indexes the notes of an earlier version of the server again. */
function reindex (db: DatabaseSync): void {
  const columns = db.prepare('PRAGMA table_info(notes)').all().map(({ name }) => name)
  if (!columns.includes('language')) db.exec("ALTER TABLE notes ADD COLUMN language TEXT NOT NULL DEFAULT 'en'")
  db.exec(`DROP TABLE IF EXISTS words; ${createTerms()}`)
  const terms = createTermWriter(db)
  const setLanguage = db.prepare('UPDATE notes SET language = ? WHERE key = ?')
  const page = db.prepare('SELECT key, owner, title, text FROM notes WHERE key > ? ORDER BY key LIMIT ?')
  for (let after = -1, found = REINDEXED_AT_ONCE; found === REINDEXED_AT_ONCE;) {
    const notes = page.all(after, REINDEXED_AT_ONCE) as unknown as Array<Note & { key: number; owner: string }>
    for (const note of notes) {
      const { language, fields } = cut(note)
      setLanguage.run(language, note.key)
      putTerms(terms, note.key, note.owner, fields)
    }
    found = notes.length
    after = notes.at(-1)?.key ?? after
  }
  db.exec(`PRAGMA user_version = ${INDEX_VERSION}`)
}

/** Rows of SQLite have no prototype, which a tool's answer must have. */
const asNotes = (rows: Array<Record<string, unknown> | undefined>): Note[] =>
  rows.filter((row) => row !== undefined).map((row) => ({ ...row }) as unknown as Note)

type Statements = Record<
  | 'put'
  | 'find'
  | 'usage'
  | 'remove'
  | 'removeSome'
  | 'list'
  | 'listBefore'
  | 'listById'
  | 'idsFrom'
  | 'titlesWith',
  StatementSync
> & { terms: TermWriter }

const prepare = (db: DatabaseSync): Statements => ({
  put: db.prepare(PUT),
  find: db.prepare(`SELECT ${COLUMNS} FROM notes WHERE owner = ? AND id = ?`),
  usage: db.prepare('SELECT count(*) AS notes, coalesce(sum(characters), 0) AS characters FROM notes WHERE owner = ?'),
  remove: db.prepare('DELETE FROM notes WHERE owner = ? AND id = ? RETURNING key'),
  removeSome: db.prepare(
    `DELETE FROM notes WHERE key IN (SELECT key FROM notes WHERE owner = ? LIMIT ${REMOVED_AT_ONCE}) RETURNING key`
  ),
  list: db.prepare(`SELECT ${COLUMNS} FROM notes WHERE owner = ? ORDER BY modified DESC, id DESC LIMIT ?`),
  listBefore: db.prepare(
    `SELECT ${COLUMNS} FROM notes WHERE owner = ? AND (modified, id) < (?, ?) ORDER BY modified DESC, id DESC LIMIT ?`
  ),
  listById: db.prepare(`SELECT ${COLUMNS} FROM notes WHERE owner = ? AND id > ? ORDER BY id LIMIT ?`),
  idsFrom: db.prepare('SELECT id FROM notes WHERE owner = ? AND id >= ? AND id < ? ORDER BY id LIMIT ?'),
  // The index holds all that is asked for: a thousand titles are a page or two of it.
  titlesWith:
    db.prepare(`SELECT id FROM notes INDEXED BY notes_by_title WHERE owner = ? AND instr(lower(title), lower(?)) > 0
    ORDER BY title, id LIMIT ?`),
  terms: createTermWriter(db)
})

/** What the index holds of a note. */
interface Cut extends Pick<Note, 'title' | 'text'> {
  language: Language
  fields: Fields
}

function cut ({ title, text }: Pick<Note, 'title' | 'text'>): Cut {
  const language = textLanguage({ title, text })
  return { title, text, language, fields: fieldsOf({ title, text }, language) }
}

/** @param next the step as it is now: whether it is taken, and what it refuses, is decided when it is written. */
async function cutAhead (next: () => Note | null, ownTurn: () => Promise<void>): Promise<Cut | undefined> {
  try {
    const note = next()
    if (note === null) return undefined
    await ownTurn()
    if (note.text.length < LONG) return undefined
    const ahead = cut(note)
    await ownTurn()
    return ahead
  } catch {
    return undefined
  }
}

function put (sql: Statements, owner: string, note: Note, ahead: Cut | undefined): void {
  const { id, title, text, version, created, modified } = note
  const { language, fields } = ahead?.title === title && ahead.text === text ? ahead : cut(note)
  const { key } = sql.put.get(owner, id, version, created, modified, title.length + text.length, title, text, language)!
  putTerms(sql.terms, key as number, owner, fields)
}

function putTerms (terms: TermWriter, key: number, owner: string, fields: Fields): void {
  terms.remove(key)
  terms.put(key, fields, tagOf(owner))
}

/** Every id that begins with a text sorts before the text with this character added. */
const LAST_CHARACTER = '\u{10ffff}'
