// Documents in one SQLite file with FTS5: nothing to install, ranks well, and can be thrown away, because the folder is the truth.
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { DocumentStore, IndexedDocument } from './contract.ts'
import { passage } from './passage.ts'
import { isSpaceless, queryPairs, queryWords, separateWords } from './words.ts'

/** Raise it when the schema changes, or what the indexer takes from a file: the index is then built anew. */
const VERSION = 1

// The long text comes last: whoever reads only the other columns does not touch its pages.
const SCHEMA = `
  DROP TABLE IF EXISTS documents;
  DROP TABLE IF EXISTS words;
  CREATE TABLE documents (
    key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL, type TEXT NOT NULL,
    modified REAL NOT NULL, bytes INTEGER NOT NULL, text TEXT NOT NULL
  );
  CREATE VIRTUAL TABLE words USING fts5 (
    title, path, text, content='', contentless_delete=1, tokenize='porter unicode61 remove_diacritics 2'
  );
  INSERT INTO words (words, rank) VALUES ('rank', 'bm25(4.0, 2.0, 1.0)');
  PRAGMA user_version = ${VERSION};
`

const PUT = `
  INSERT INTO documents (id, title, type, modified, bytes, text) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET title = excluded.title, type = excluded.type, modified = excluded.modified, bytes = excluded.bytes, text = excluded.text
  RETURNING key
`

const SEARCH = `
  WITH best AS MATERIALIZED (SELECT rowid AS key, rank FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?)
  SELECT id, title, text, -rank AS score FROM best JOIN documents USING (key) ORDER BY rank, id
`

/** SQLITE_CORRUPT and SQLITE_NOTADB: what a disk failure or a half-restored backup leaves behind. */
const DAMAGED = new Set([11, 26])

/** @param dataDir folder of the database file; made if missing. */
export function openSqliteDocuments (dataDir: string): DocumentStore {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const db = openIndex(join(dataDir, 'library.db'))
  const sql = prepare(db)

  return {
    async put (documents) { transaction(db, () => { for (const document of documents) put(sql, document) }) },
    async remove (ids) {
      transaction(db, () => {
        for (const id of ids) {
          const row = sql.remove.get(id)
          if (row !== undefined) sql.removeWords.run(row['key'] as number)
        }
      })
    },
    async list () {
      return new Map(sql.list.all().map((row) => [row['id'] as string, { modified: row['modified'] as number, bytes: row['bytes'] as number }]))
    },
    async find (id) {
      const row = sql.find.get(id)
      return row === undefined ? undefined : { ...row } as unknown as IndexedDocument
    },
    async search (query, limit) {
      const words = queryWords(query)
      if (words.length === 0) return []
      const terms = [...words.map(term), ...queryPairs(query).map((pair) => `"${pair.join(' ')}"`)]
      return sql.search.all(terms.join(' OR '), limit).map((row) => ({
        id: row['id'] as string,
        title: row['title'] as string,
        snippet: passage(row['text'] as string, words),
        score: row['score'] as number
      }))
    },
    async count () { return sql.count.get()!['count'] as number },
    async close () { if (db.isOpen) db.close() }
  }
}

/** Quoted, a word is only a word to FTS5. Where the cut between words was a guess, it may also be the beginning of one. */
const term = (word: string): string => isSpaceless(word) ? `"${word}"*` : `"${word}"`

/** The path without its ending, so that a file is found by its name. */
const pathWords = (id: string): string => separateWords(id.replace(/\.\w+$/, ''))

interface Statements { put: StatementSync, putWords: StatementSync, remove: StatementSync, removeWords: StatementSync, list: StatementSync, find: StatementSync, search: StatementSync, count: StatementSync }

const prepare = (db: DatabaseSync): Statements => ({
  put: db.prepare(PUT),
  putWords: db.prepare('INSERT OR REPLACE INTO words (rowid, title, path, text) VALUES (?, ?, ?, ?)'),
  remove: db.prepare('DELETE FROM documents WHERE id = ? RETURNING key'),
  removeWords: db.prepare('DELETE FROM words WHERE rowid = ?'),
  list: db.prepare('SELECT id, modified, bytes FROM documents'),
  find: db.prepare('SELECT id, title, text, type, modified, bytes FROM documents WHERE id = ?'),
  search: db.prepare(SEARCH),
  count: db.prepare('SELECT count(*) AS count FROM documents')
})

function put (sql: Statements, { id, title, text, type, modified, bytes }: IndexedDocument): void {
  const { key } = sql.put.get(id, title, type, modified, bytes, text)!
  sql.putWords.run(key as number, separateWords(title), pathWords(id), separateWords(text))
}

function openIndex (file: string): DatabaseSync {
  try {
    return openCurrent(file)
  } catch (error) {
    if (!DAMAGED.has((error as { errcode?: number }).errcode ?? 0)) throw error
    for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true })
    return openCurrent(file)
  }
}

function openCurrent (file: string): DatabaseSync {
  const db = new DatabaseSync(file, { timeout: 5_000 })
  try {
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    transaction(db, () => {
      if (db.prepare('PRAGMA user_version').get()!['user_version'] !== VERSION) db.exec(SCHEMA)
    })
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

function transaction (db: DatabaseSync, work: () => void): void {
  db.exec('BEGIN IMMEDIATE')
  try {
    work()
    db.exec('COMMIT')
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}
