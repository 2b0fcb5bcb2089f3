// Documents in one SQLite file with FTS5: nothing to install, ranks well, and can be
// deleted, because the folder is the source of truth. The rows of all documents are in one
// table, their terms in the tables of their audience.
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { DatabaseSync } from 'node:sqlite'
import { EVERYBODY } from '../access-rules/contract.ts'
import { write } from '../storage/sqlite/database.ts'
import { allowGrowth } from '../storage/sqlite/growth.ts'
import { arrange, keysSeen, searchAsStored, type AudienceOf, type Movable, type Place } from './audiences.ts'
import { openAudiences } from './sqlite-audiences.ts'
import { openIndex } from './sqlite-index.ts'
import type { DocumentPart, DocumentStore, IndexedDocument } from './contract.ts'
import { INDEX_FILES } from '../search/contract.ts'
import { fieldsOf, textLanguage } from '../search/fields.ts'
import { markingDamage } from '../search/damaged-index.ts'
import type { Language } from '../search/languages.ts'
import { openDocumentSearch, type DocumentSearch } from '../search/sqlite-documents.ts'
import type { SearchWorker } from '../search/worker.ts'
import type { Embeddings } from './embeddings/index.ts'
import { isSliceFull, splitText } from './parts.ts'

const COLUMNS = 'id, title, text, type, modified, bytes'

/**
 * @param dataDir folder of the database file; created if missing.
 * @param worker runs the searches; without it they run in this process.
 * @param open where documents and queries have vectors as well.
 * @param audienceOf who may see a document; without it everybody may see all.
 */
export function openSqliteDocuments (
  dataDir: string,
  worker?: SearchWorker,
  open?: (dataDir: string) => Embeddings,
  audienceOf: AudienceOf = () => EVERYBODY
): DocumentStore {
  const db = openIndex(dataDir)
  const embeddings = open?.(dataDir)
  embeddings?.refresh()
  const sql = prepare(db, audienceOf)
  let here: DocumentSearch | undefined

  const movable = movableOf(db, sql)

  return markingDamage<DocumentStore>(db, {
    description: `SQLite in ${dataDir}`,
    async put (documents) {
      await putAll(db, sql, documents)
      embeddings?.refresh()
    },
    async remove (ids) {
      for (let at = 0; at < ids.length;) {
        at += await write(db, () => {
          // FTS5 marks a word as deleted by writing.
          allowGrowth(db)
          return removeSlice(sql, ids.slice(at, at + REMOVED_AT_ONCE))
        })
        await setImmediate()
      }
    },
    ...readerOf(sql),
    async search (query, limit, rights, person = null) {
      const vector = await embeddings?.ofQuery(query, person)
      return searchAsStored(movable.stored, async (stored) => {
        const seen = { audiences: keysSeen(stored, rights), isAll: rights.seesAll }
        if (worker) return worker.searchDocuments(query, limit, seen, person, vector)
        here ??= openDocumentSearch(join(dataDir, INDEX_FILES.documents))
        return here.search(query, limit, seen, vector)
      })
    },
    async arrange (signal) {
      await arrange(movable, audienceOf, signal)
    },
    async settle () {
      /* what is counted is counted in the index itself */
    },
    async close () {
      here?.close()
      here = undefined
      await embeddings?.close()
      if (db.isOpen) db.close()
    }
  })
}

const prepare = (db: DatabaseSync, audienceOf: AudienceOf) => ({
  put: db.prepare(`
    INSERT INTO documents (id, part, parts, title, type, modified, bytes, audience, language, text)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING key
  `),
  remove: db.prepare('DELETE FROM documents WHERE id = ? RETURNING key, audience'),
  removePart: db.prepare('DELETE FROM documents WHERE id = ? AND part = ? RETURNING key, audience'),
  list: db.prepare('SELECT key, id, part, modified, bytes FROM documents WHERE key > ? ORDER BY key LIMIT ?'),
  title: db.prepare('SELECT title FROM documents WHERE id = ? AND part = 1'),
  find: db.prepare(`SELECT ${COLUMNS} FROM documents WHERE id = ? ORDER BY part`),
  findPart: db.prepare(`SELECT ${COLUMNS}, part, parts FROM documents WHERE id = ? AND part = ?`),
  count: db.prepare('SELECT count(*) AS count FROM documents WHERE part = 1'),
  places: db.prepare('SELECT key, id, audience FROM documents WHERE key > ? ORDER BY key LIMIT ?'),
  byKey: db.prepare(`SELECT ${COLUMNS}, audience, language FROM documents WHERE key = ?`),
  move: db.prepare('UPDATE documents SET audience = ? WHERE key = ?'),
  audiences: openAudiences(db),
  audienceOf
})

type Statements = ReturnType<typeof prepare>

/** Rows that are read before others have a turn: some 5 ms. */
const LISTED_AT_ONCE = 2_000
type ListedRow = { key: number; id: string; part: number; modified: number; bytes: number }

/** What is read by id, or counted. */
const readerOf = (sql: Statements): Pick<DocumentStore, 'list' | 'titles' | 'find' | 'findPart' | 'count'> => ({
  async list () {
    const listed: Awaited<ReturnType<DocumentStore['list']>> = new Map()
    for (let after = -1, rows: ListedRow[]; ; after = rows.at(-1)!.key) {
      rows = sql.list.all(after, LISTED_AT_ONCE) as unknown as ListedRow[]
      for (const { id, part, modified, bytes } of rows) if (part === 1) listed.set(id, { modified, bytes })
      if (rows.length < LISTED_AT_ONCE) return listed
      await setImmediate()
    }
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
  async count () {
    return sql.count.get()!['count'] as number
  }
})

const movableOf = (db: DatabaseSync, sql: Statements): Movable => ({
  stored: async () => sql.audiences.all(),
  placesAfter: async (key, limit) => sql.places.all(key, limit) as unknown as Place[],
  relabel: (key, audience) => write(db, () => sql.audiences.relabel(key, audience)),
  move: (keys) => write(db, () => moveSlice(sql, keys)),
  dropEmpty: () => write(db, () => sql.audiences.dropEmpty()),
  complete: () => write(db, () => fillWhole(sql))
})

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
    await write(db, () => steps.forEach((step) => step()))
  }
  for (const document of documents) {
    const parts = splitText(document.text)
    const language = textLanguage(document)
    // A long text has just come from a worker, and these have looked at all of it.
    if (parts.length > 1) await setImmediate()
    slice.push(() => remove(sql, document.id))
    for (const [index, text] of [...parts.entries()].reverse()) {
      const size = Buffer.byteLength(text)
      if (isSliceFull(bytes, size)) {
        await writeSlice()
        await setImmediate()
      }
      slice.push(() => putPart(sql, { ...document, text, part: index + 1, parts: parts.length }, language))
      bytes += size
    }
  }
  await writeSlice()
}

/** In place of the same part that another process, which indexes the same folder, wrote between two slices. */
function putPart (sql: Statements, document: DocumentPart, language: Language): void {
  const { id, part, parts, title, type, modified, bytes, text } = document
  sql.audiences.forget(sql.removePart.all(id, part))
  const audience = sql.audiences.keyOf(sql.audienceOf(id))
  const { key } = sql.put.get(id, part, parts, title, type, modified, bytes, audience, language, text)!
  sql.audiences.terms(audience).put(key as number, fieldsOf({ ...document, path: id }, language))
}

/** @returns how many parts it had. */
function remove (sql: Statements, id: string): number {
  const parts = sql.remove.all(id)
  sql.audiences.forget(parts)
  return parts.length
}

/** Parts; a long document has some ninety. */
const REMOVED_AT_ONCE = 100

/** Removes the first of these documents. @returns how many. */
function removeSlice (sql: Statements, ids: readonly string[]): number {
  let parts = 0
  const last = ids.findIndex((id) => (parts += remove(sql, id)) >= REMOVED_AT_ONCE)
  return last < 0 ? ids.length : last + 1
}

/**
 * The same row, whose terms go to other tables; what was removed or replaced meanwhile is
 * in its place already.
 */
function moveSlice (sql: Statements, keys: readonly number[]): number {
  let bytes = 0
  let moved = 0
  for (const key of keys) {
    const row = sql.byKey.get(key) as (IndexedDocument & { audience: number; language: Language }) | undefined
    const audience = row && sql.audiences.keyOf(sql.audienceOf(row.id))
    const isMoving = audience !== undefined && row!.audience !== audience
    const size = isMoving ? Buffer.byteLength(row!.text) : 0
    if (isSliceFull(bytes, size)) break
    moved++
    if (!isMoving) continue
    bytes += size
    sql.audiences.terms(row!.audience).remove(key)
    sql.move.run(audience, key)
    sql.audiences.terms(audience).put(key, fieldsOf({ ...row!, path: row!.id }, row!.language))
  }
  return moved
}

/** Parts that are asked for at once; a slice has fewer. */
const MAX_FILLED = 200

/** A slice of the index over all audiences. @returns whether more is missing. */
function fillWhole ({ audiences: { whole }, byKey }: Statements): boolean {
  const missing = whole.missing(MAX_FILLED)
  let bytes = 0
  let filled: number | undefined
  for (const { key, audience } of missing) {
    const isCovered = whole.covers(audience)
    const row = byKey.get(key) as unknown as IndexedDocument & { language: Language }
    const size = isCovered ? Buffer.byteLength(row.text) : 0
    if (isSliceFull(bytes, size)) break
    filled = key
    if (!isCovered) continue
    bytes += size
    whole.remove(key)
    whole.put(key, fieldsOf({ ...row, path: row.id }, row.language))
  }
  const isDone = missing.length < MAX_FILLED && filled === missing.at(-1)?.key
  whole.filledUpTo(isDone ? undefined : filled)
  return !isDone
}
