// Notes in one SQLite file: nothing to install, on the disk before the call is answered, indexed by FTS5 in the same
// transaction.
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { SearchHit } from '../search/contract.ts'
import { matchExpression, TOKENIZER } from '../search/fts5.ts'
import { createTermStatistics } from '../search/fts5-terms.ts'
import type { HeavySearch } from '../search/heavy-search.ts'
import { costInNotes, isSelectiveInNotes, MAX_LIGHT_POSTINGS } from '../search/search-cost.ts'
import { snippetOf } from '../search/snippet.ts'
import { separateWords, shownWords } from '../search/tokenize.ts'
import { openDatabase, write } from '../storage/sqlite/database.ts'
import { allowGrowth, fillOf } from '../storage/sqlite/growth.ts'
import { MAX_ALL_NOTES_BYTES, type Note, type NoteStore, type Usage } from './contract.ts'

// The long text comes last: a read of the other columns does not touch its pages.
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS notes (
    key INTEGER PRIMARY KEY, owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, created REAL NOT NULL, modified REAL NOT NULL,
    characters INTEGER NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL, UNIQUE (owner, id)
  );
  CREATE INDEX IF NOT EXISTS notes_by_change ON notes (owner, modified, id);
  CREATE INDEX IF NOT EXISTS notes_by_title ON notes (owner, title, id);
  CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (owner, title, text, content='', contentless_delete=1, tokenize='${TOKENIZER}');
  INSERT INTO words (words, rank) VALUES ('rank', 'bm25(0.0, 4.0, 1.0)');
  CREATE TABLE IF NOT EXISTS file (identity TEXT NOT NULL);
`

const PUT = `
  INSERT INTO notes (owner, id, version, created, modified, characters, title, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (owner, id) DO UPDATE SET version = excluded.version, modified = excluded.modified, characters = excluded.characters, title = excluded.title, text = excluded.text
  RETURNING key
`

// The owner is asked for twice: as a word, so that other people's notes are not even ranked, and as the column that
// decides.
const SEARCH = `
  SELECT notes.id, notes.title, notes.text, -rank AS score FROM words JOIN notes ON notes.key = words.rowid
  WHERE words MATCH ? AND notes.owner = ? ORDER BY rank, notes.id LIMIT ?
`

const COLUMNS = 'id, title, text, version, created, modified'
const FILE = 'notes.db'

/**
 * @param dataDir folder of the database file; created if missing.
 * @param heavy where searches go that take long; without it they run here.
 * @param maxBytes the largest size of the file: what all notes together may take.
 * @returns the store, and an identity that no other file has.
 */
export function openSqliteNotes (
  dataDir: string,
  heavy?: HeavySearch,
  maxBytes = maxBytesOn(dataDir)
): NoteStore & { identity: string } {
  const db = openDatabase(dataDir, FILE, { synchronous: 'FULL', isBulk: true, maxBytes, prepare: createTables })
  const sql = prepare(db)
  /** @param remove removes notes and returns their keys. @returns how many those were. */
  const removeFound = (remove: () => Array<Record<string, unknown>>): number => {
    // FTS5 marks a word as deleted by writing.
    allowGrowth(db)
    const keys = remove()
    for (const { key } of keys) sql.removeWords.run(key as number)
    return keys.length
  }

  return {
    identity: db.prepare('SELECT identity FROM file').get()!['identity'] as string,
    description: `SQLite in ${dataDir}`,
    async update (owner, id, decide) {
      await write(db, () => {
        const usage = { ...sql.usage.get(owner), fill: fillOf(db) } as Usage
        const note = decide(asNotes([sql.find.get(owner, id)])[0], usage)
        if (note) put(sql, owner, note)
        else removeFound(() => sql.remove.all(owner, id))
      })
    },
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
    search: createSearch(db, sql, (values, owner) => heavy?.({ path: join(dataDir, FILE), sql: SEARCH, values }, owner)),
    removeAll: (owner) => write(db, () => removeFound(() => sql.removeAll.all(owner))),
    async close () {
      if (db.isOpen) db.close()
    }
  }
}

/** Half of a small disk, so that one file never takes all of it. */
function maxBytesOn (dataDir: string): number {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const { blocks, bsize } = statfsSync(dataDir)
  return Math.min(MAX_ALL_NOTES_BYTES, (blocks * bsize) / 2)
}

function createTables (db: DatabaseSync): void {
  db.exec(SCHEMA)
  const identity = randomBytes(16).toString('hex')
  db.prepare('INSERT INTO file (identity) SELECT ? WHERE NOT EXISTS (SELECT * FROM file)').run(identity)
}

/** Rows of SQLite have no prototype, which a tool's answer must have. */
const asNotes = (rows: Array<Record<string, unknown> | undefined>): Note[] =>
  rows.filter((row) => row !== undefined).map((row) => ({ ...row }) as unknown as Note)

type SearchValues = [match: string, owner: string, limit: number]

/** @param elsewhere makes the search in a worker; undefined where there is none. */
function createSearch (
  db: DatabaseSync,
  sql: Statements,
  elsewhere: (values: SearchValues, owner: string) => Promise<Array<Record<string, unknown>>> | undefined
): NoteStore['search'] {
  const terms = createTermStatistics(db)
  const isSelective = isSelectiveInNotes(terms)
  return async (owner, text, limit) => {
    const asked = matchExpression(text, { isSelective })
    if (asked === undefined) return []
    const values: SearchValues = [`owner : "${ownerWord(owner)}" AND {title text} : (${asked.match})`, owner, limit]
    const { characters } = sql.usage.get(owner) as unknown as Usage
    const isHeavy = costInNotes(asked.query, terms, characters) > MAX_LIGHT_POSTINGS
    const rows = (isHeavy && (await elsewhere(values, owner))) || sql.search.all(...values)
    return rows.map((row): SearchHit => ({
      id: row['id'] as string,
      title: row['title'] as string,
      snippet: snippetOf(row['text'] as string, shownWords(asked.query)),
      score: row['score'] as number
    }))
  }
}

type Statements = Record<
  | 'put'
  | 'putWords'
  | 'find'
  | 'usage'
  | 'remove'
  | 'removeWords'
  | 'removeAll'
  | 'list'
  | 'listBefore'
  | 'listById'
  | 'idsFrom'
  | 'titlesWith'
  | 'search',
  StatementSync
>

const prepare = (db: DatabaseSync): Statements => ({
  put: db.prepare(PUT),
  putWords: db.prepare('INSERT OR REPLACE INTO words (rowid, owner, title, text) VALUES (?, ?, ?, ?)'),
  find: db.prepare(`SELECT ${COLUMNS} FROM notes WHERE owner = ? AND id = ?`),
  usage: db.prepare('SELECT count(*) AS notes, coalesce(sum(characters), 0) AS characters FROM notes WHERE owner = ?'),
  remove: db.prepare('DELETE FROM notes WHERE owner = ? AND id = ? RETURNING key'),
  removeWords: db.prepare('DELETE FROM words WHERE rowid = ?'),
  removeAll: db.prepare('DELETE FROM notes WHERE owner = ? RETURNING key'),
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
  search: db.prepare(SEARCH)
})

function put (sql: Statements, owner: string, { id, title, text, version, created, modified }: Note): void {
  const { key } = sql.put.get(owner, id, version, created, modified, title.length + text.length, title, text)!
  sql.putWords.run(key!, ownerWord(owner), separateWords(title), separateWords(text))
}

/** Every id that begins with a text sorts before the text with this character added. */
const LAST_CHARACTER = '\u{10ffff}'

/** One word to the tokenizer, whatever an id is made of, and no one else's. */
const ownerWord = (owner: string): string => createHash('sha256').update(owner).digest('hex')
