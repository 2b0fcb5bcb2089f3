// Documents in one SQLite file with FTS5: nothing to install, ranks well, and can be deleted, because the folder is the
// source of truth.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { allowGrowth } from '../storage/sqlite/disk-room.ts'
import { isDamaged, openDatabase, write } from '../storage/sqlite/database.ts'
import type { SearchHit } from '../search/contract.ts'
import type { DocumentPart, DocumentStore, IndexedDocument } from './contract.ts'
import { isSelective } from '../search/candidates.ts'
import { matchExpression, TOKENIZER } from '../search/fts5.ts'
import { createTermStatistics, type TermStatistics } from '../search/fts5-terms.ts'
import type { HeavySearch } from '../search/heavy-search.ts'
import { costInDocuments, MAX_LIGHT_POSTINGS } from '../search/search-cost.ts'
import { splitText } from './parts.ts'
import { snippetOf } from '../search/snippet.ts'
import { pathWords, separateWords, shownWords } from '../search/tokenize.ts'

/** Raise it when the schema changes, or what the indexer takes from a file: the index is then rebuilt. */
const VERSION = 3

// One row a part. The long text comes last: a read of the other columns does not touch its pages.
const SCHEMA = `
  DROP TABLE IF EXISTS documents;
  DROP TABLE IF EXISTS words;
  CREATE TABLE documents (
    key INTEGER PRIMARY KEY, id TEXT NOT NULL, part INTEGER NOT NULL, parts INTEGER NOT NULL, title TEXT NOT NULL, type TEXT NOT NULL,
    modified REAL NOT NULL, bytes INTEGER NOT NULL, text TEXT NOT NULL, UNIQUE (id, part)
  );
  CREATE VIRTUAL TABLE words USING fts5 (title, path, text, content='', contentless_delete=1, tokenize='${TOKENIZER}');
  INSERT INTO words (words, rank) VALUES ('rank', 'bm25(4.0, 2.0, 1.0)');
  PRAGMA user_version = ${VERSION};
`

const SEARCH = `
  WITH best AS MATERIALIZED (SELECT rowid AS key, rank FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?)
  SELECT key, id, part, parts, title, -rank AS score FROM best JOIN documents USING (key) ORDER BY rank, id, part
`

/** So many parts are ranked for each document that is asked for: several of the best may belong to one. */
const PARTS_PER_HIT = 5

const COLUMNS = 'id, title, text, type, modified, bytes'

/**
 * @param dataDir folder of the database file; created if missing.
 * @param heavy where searches go that take long; without it they run here.
 */
export function openSqliteDocuments (dataDir: string, heavy?: HeavySearch): DocumentStore {
  const db = openIndex(dataDir)
  const sql = prepare(db)
  const terms = createTermStatistics(db)
  const path = join(dataDir, FILE)
  const elsewhere =
    heavy && ((values: SearchValues, person: string | null) => heavy({ path, sql: SEARCH, values }, person))

  return {
    description: `SQLite in ${dataDir}`,
    put: (documents) => putAll(db, sql, documents),
    async remove (ids) {
      await write(db, () => {
        // FTS5 marks a word as deleted by writing.
        allowGrowth(db)
        for (const id of ids) remove(sql, id)
      })
    },
    async list () {
      return new Map(
        sql.list
          .all()
          .map((row) => [row['id'] as string, { modified: row['modified'] as number, bytes: row['bytes'] as number }])
      )
    },
    async titles (ids) {
      return ids.flatMap((id) => sql.title.all(id).map(({ title }) => ({ id, title: title as string })))
    },
    async find (id) {
      const parts = sql.find.all(id) as unknown as IndexedDocument[]
      return parts.length === 0 ? undefined : { ...parts[0]!, text: parts.map(({ text }) => text).join('') }
    },
    async findPart (id, part) {
      const row = sql.findPart.get(id, part)
      return row && ({ ...row } as unknown as DocumentPart)
    },
    search: createSearch(sql, terms, elsewhere),
    async settle () {
      terms.refresh()
    },
    async count () {
      return sql.count.get()!['count'] as number
    },
    async close () {
      if (db.isOpen) db.close()
    }
  }
}

type SearchValues = [match: string, limit: number]

/** @param elsewhere makes the search in a worker; without it every search runs here. */
function createSearch (
  sql: Statements,
  terms: TermStatistics,
  elsewhere?: (values: SearchValues, person: string | null) => Promise<Array<Record<string, unknown>>>
): DocumentStore['search'] {
  const { documentFrequency } = terms
  return async (text, limit, person = null) => {
    const asked = matchExpression(text, {
      documentFrequency,
      isSelective: (pair) => isSelective(pair, documentFrequency)
    })
    if (asked === undefined) return []
    const words = shownWords(asked.query)
    const values: SearchValues = [asked.match, limit * PARTS_PER_HIT]
    const isHeavy = elsewhere && costInDocuments(asked.query, terms) > MAX_LIGHT_POSTINGS
    const documents = new Map<string, Record<string, unknown>>()
    for (const row of isHeavy ? await elsewhere(values, person) : sql.search.all(...values)) {
      const id = row['id'] as string
      if (documents.size < limit && !documents.has(id)) documents.set(id, row)
    }
    return [...documents.values()].map(({ key, ...hit }) => {
      const snippet = snippetOf(sql.text.get(key as number)!['text'] as string, words)
      return { ...hit, snippet } as unknown as SearchHit
    })
  }
}

type Statements = Record<
  | 'put'
  | 'putWords'
  | 'remove'
  | 'removePart'
  | 'removeWords'
  | 'list'
  | 'title'
  | 'find'
  | 'findPart'
  | 'search'
  | 'text'
  | 'count',
  StatementSync
>

const prepare = (db: DatabaseSync): Statements => ({
  put: db.prepare(
    'INSERT INTO documents (id, part, parts, title, type, modified, bytes, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING key'
  ),
  putWords: db.prepare('INSERT INTO words (rowid, title, path, text) VALUES (?, ?, ?, ?)'),
  remove: db.prepare('DELETE FROM documents WHERE id = ? RETURNING key'),
  removePart: db.prepare('DELETE FROM documents WHERE id = ? AND part = ? RETURNING key'),
  removeWords: db.prepare('DELETE FROM words WHERE rowid = ?'),
  list: db.prepare('SELECT id, modified, bytes FROM documents WHERE part = 1'),
  title: db.prepare('SELECT title FROM documents WHERE id = ? AND part = 1'),
  find: db.prepare(`SELECT ${COLUMNS} FROM documents WHERE id = ? ORDER BY part`),
  findPart: db.prepare(`SELECT ${COLUMNS}, part, parts FROM documents WHERE id = ? AND part = ?`),
  search: db.prepare(SEARCH),
  text: db.prepare('SELECT text FROM documents WHERE key = ?'),
  count: db.prepare('SELECT count(*) AS count FROM documents WHERE part = 1')
})

/** Between two slices requests are served. */
const SLICE_CHARACTERS = 250_000

/**
 * A slice of parts at a time. The first part of a document comes last: until it is there the document is not listed, so
 * that one which was interrupted is read again.
 */
async function putAll (db: DatabaseSync, sql: Statements, documents: IndexedDocument[]): Promise<void> {
  let slice: Array<() => void> = []
  let characters = 0
  const writeSlice = async () => {
    const steps = slice
    slice = []
    characters = 0
    await write(db, () => {
      for (const step of steps) step()
    })
  }
  for (const document of documents) {
    const parts = splitText(document.text)
    slice.push(() => remove(sql, document.id))
    for (const [index, text] of [...parts.entries()].reverse()) {
      slice.push(() => putPart(sql, { ...document, text, part: index + 1, parts: parts.length }))
      characters += text.length
      if (characters < SLICE_CHARACTERS) continue
      await writeSlice()
      await setImmediate()
    }
  }
  await writeSlice()
}

/** In place of the same part that another process, which indexes the same folder, wrote between two slices. */
function putPart (sql: Statements, { id, part, parts, title, type, modified, bytes, text }: DocumentPart): void {
  for (const { key } of sql.removePart.all(id, part)) sql.removeWords.run(key!)
  const { key } = sql.put.get(id, part, parts, title, type, modified, bytes, text)!
  sql.putWords.run(key!, separateWords(title), pathWords(id), separateWords(text))
}

function remove (sql: Statements, id: string): void {
  for (const { key } of sql.remove.all(id)) sql.removeWords.run(key!)
}

function openIndex (dataDir: string): DatabaseSync {
  try {
    return openCurrent(dataDir)
  } catch (error) {
    if (!isDamaged(error)) throw error
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(dataDir, FILE + suffix), { force: true })
    return openCurrent(dataDir)
  }
}

const FILE = 'library.db'

const openCurrent = (dataDir: string): DatabaseSync =>
  openDatabase(dataDir, FILE, {
    synchronous: 'NORMAL',
    isBulk: true,
    prepare (db) {
      if (db.prepare('PRAGMA user_version').get()!['user_version'] !== VERSION) db.exec(SCHEMA)
      removeUnfinished(db)
    }
  })

/** What a stop in the middle of a long document left. */
function removeUnfinished (db: DatabaseSync): void {
  const removeWords = db.prepare('DELETE FROM words WHERE rowid = ?')
  const keys = db
    .prepare(
      'DELETE FROM documents WHERE part > 1 AND NOT EXISTS (SELECT * FROM documents AS first WHERE first.id = documents.id AND first.part = 1) RETURNING key'
    )
    .all()
  for (const { key } of keys) removeWords.run(key!)
}
