// Documents in one SQLite file with FTS5: nothing to install, ranks well, and can be deleted, because the folder is the
// source of truth.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { openDatabase, write } from '../storage/sqlite/database.ts'
import { isDamaged } from '../storage/sqlite/faults.ts'
import { allowGrowth } from '../storage/sqlite/growth.ts'
import { INDEX_VERSION, type DocumentPart, type DocumentStore, type IndexedDocument } from './contract.ts'
import { INDEX_FILES } from '../search/contract.ts'
import { fieldsOf, textLanguage } from '../search/fields.ts'
import { createTermWriter, FTS5_SCHEMA, type TermWriter } from '../search/fts5.ts'
import type { Language } from '../search/languages.ts'
import { openDocumentSearch, type DocumentSearch } from '../search/sqlite-documents.ts'
import type { SearchWorker } from '../search/worker.ts'
import type { Embeddings } from './embeddings/index.ts'
import { PART_BYTES, splitText } from './parts.ts'

// One row a part. The long text comes last: a read of the other columns does not touch its pages.
const SCHEMA = `
  DROP TABLE IF EXISTS documents;
  DROP TABLE IF EXISTS words;
  ${FTS5_SCHEMA}
  CREATE TABLE documents (
    key INTEGER PRIMARY KEY, id TEXT NOT NULL, part INTEGER NOT NULL, parts INTEGER NOT NULL, title TEXT NOT NULL, type TEXT NOT NULL,
    modified REAL NOT NULL, bytes INTEGER NOT NULL, language TEXT NOT NULL, text TEXT NOT NULL, UNIQUE (id, part)
  );
  CREATE TABLE IF NOT EXISTS vectors (key INTEGER PRIMARY KEY, vector BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS vector_model (model TEXT NOT NULL);
  DELETE FROM vectors;
  CREATE TRIGGER documents_vectors AFTER DELETE ON documents BEGIN DELETE FROM vectors WHERE key = old.key; END;
  CREATE INDEX documents_language ON documents (language);
  PRAGMA user_version = ${INDEX_VERSION};
`

const COLUMNS = 'id, title, text, type, modified, bytes'

/**
 * @param dataDir folder of the database file; created if missing.
 * @param worker runs the searches; without it they run in this process.
 * @param open where documents and queries have vectors as well.
 */
export function openSqliteDocuments (
  dataDir: string,
  worker?: SearchWorker,
  open?: (dataDir: string) => Embeddings
): DocumentStore {
  const db = openIndex(dataDir)
  const embeddings = open?.(dataDir)
  embeddings?.refresh()
  const sql = prepare(db)
  let here: DocumentSearch | undefined

  return {
    description: `SQLite in ${dataDir}`,
    async put (documents) {
      await putAll(db, sql, documents)
      embeddings?.refresh()
    },
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
    async search (query, limit, person = null) {
      const vector = await embeddings?.ofQuery(query)
      if (worker) return worker.searchDocuments(query, limit, person, vector)
      here ??= openDocumentSearch(join(dataDir, FILE))
      return here.search(query, limit, vector)
    },
    async settle () {
      /* what is counted is counted in the index itself */
    },
    async count () {
      return sql.count.get()!['count'] as number
    },
    async close () {
      here?.close()
      here = undefined
      await embeddings?.close()
      if (db.isOpen) db.close()
    }
  }
}

type Statements = Record<
  'put' | 'remove' | 'removePart' | 'list' | 'title' | 'find' | 'findPart' | 'count',
  StatementSync
> & { terms: TermWriter }

const prepare = (db: DatabaseSync): Statements => ({
  put: db.prepare(
    'INSERT INTO documents (id, part, parts, title, type, modified, bytes, language, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING key'
  ),
  remove: db.prepare('DELETE FROM documents WHERE id = ? RETURNING key'),
  removePart: db.prepare('DELETE FROM documents WHERE id = ? AND part = ? RETURNING key'),
  list: db.prepare('SELECT id, modified, bytes FROM documents WHERE part = 1'),
  title: db.prepare('SELECT title FROM documents WHERE id = ? AND part = 1'),
  find: db.prepare(`SELECT ${COLUMNS} FROM documents WHERE id = ? ORDER BY part`),
  findPart: db.prepare(`SELECT ${COLUMNS}, part, parts FROM documents WHERE id = ? AND part = ?`),
  count: db.prepare('SELECT count(*) AS count FROM documents WHERE part = 1'),
  terms: createTermWriter(db)
})

/** Between two slices requests are served. Without spaces between words, a part takes some 40 ms. */
const SLICE_BYTES = 2 * PART_BYTES

/**
 * A slice of parts at a time. The first part of a document comes last: until it is there the document is not listed, so
 * that one which was interrupted is read again.
 */
async function putAll (db: DatabaseSync, sql: Statements, documents: IndexedDocument[]): Promise<void> {
  let slice: Array<() => void> = []
  let bytes = 0
  const writeSlice = async () => {
    const steps = slice
    slice = []
    bytes = 0
    await write(db, () => {
      for (const step of steps) step()
    })
  }
  for (const document of documents) {
    const parts = splitText(document.text)
    const language = textLanguage(document)
    slice.push(() => remove(sql, document.id))
    for (const [index, text] of [...parts.entries()].reverse()) {
      slice.push(() => putPart(sql, { ...document, text, part: index + 1, parts: parts.length }, language))
      bytes += Buffer.byteLength(text)
      if (bytes < SLICE_BYTES) continue
      await writeSlice()
      await setImmediate()
    }
  }
  await writeSlice()
}

/** In place of the same part that another process, which indexes the same folder, wrote between two slices. */
function putPart (sql: Statements, document: DocumentPart, language: Language): void {
  const { id, part, parts, title, type, modified, bytes, text } = document
  for (const { key } of sql.removePart.all(id, part)) sql.terms.remove(key as number)
  const { key } = sql.put.get(id, part, parts, title, type, modified, bytes, language, text)!
  sql.terms.put(key as number, fieldsOf({ ...document, path: id }, language))
}

function remove (sql: Statements, id: string): void {
  for (const { key } of sql.remove.all(id)) sql.terms.remove(key as number)
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

const FILE = INDEX_FILES.documents

const openCurrent = (dataDir: string): DatabaseSync =>
  openDatabase(dataDir, FILE, {
    synchronous: 'NORMAL',
    isBulk: true,
    prepare (db) {
      if (db.prepare('PRAGMA user_version').get()!['user_version'] !== INDEX_VERSION) db.exec(SCHEMA)
      removeUnfinished(db)
    }
  })

/** What a stop in the middle of a long document left. */
function removeUnfinished (db: DatabaseSync): void {
  const terms = createTermWriter(db)
  const keys = db
    .prepare(
      'DELETE FROM documents WHERE part > 1 AND NOT EXISTS (SELECT * FROM documents AS first WHERE first.id = documents.id AND first.part = 1) RETURNING key'
    )
    .all()
  for (const { key } of keys) terms.remove(key as number)
}
