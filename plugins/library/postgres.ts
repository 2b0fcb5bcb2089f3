// Documents in Postgres, for several instances on one index: the rows of all documents are
// in one table, their words in the tables of their audience. postgres-search.ts ranks them.
import { setImmediate } from 'node:timers/promises'
import { EVERYBODY } from '../access-rules/contract.ts'
import { migrate, lock, type Postgres, type Query as Run } from '../postgres.ts'
import { arrange, keysSeen, searchAsStored, type AudienceOf, type Movable, type Place } from './audiences.ts'
import type { DocumentPart, DocumentStore, IndexedDocument } from './contract.ts'
import { splitText } from './parts.ts'
import { dropEmpty, keyOf, moveWords, relabel, storedAudiences, wordsOf } from './postgres-audiences.ts'
import { DDL, SPELLINGS, TABLE } from './postgres-schema.ts'
import { createPostgresSearch } from './postgres-search.ts'
import { fieldsOf, textLanguage } from '../search/fields.ts'
import type { Language } from '../search/languages.ts'
import { createSpellings, type Spellings, type SpellingWorker } from '../search/postgres-spellings.ts'
import { hitsOf } from '../search/postgres-hits.ts'
import type { SnippetWorker } from '../search/worker.ts'
import { lengthsOf, vectorOf } from '../search/tsvector.ts'
import { storable } from '../storable.ts'

const COLUMNS = 'id, title, text, type, modified, bytes::integer AS bytes'
const IS = 'md5(id) = md5($1) AND id = $1'

const LIST = `SELECT id, modified, bytes::integer AS bytes FROM ${TABLE} WHERE part = 1`
const COUNT = `SELECT count(*)::integer AS count FROM ${TABLE} WHERE part = 1`
const FIND_PART = `SELECT ${COLUMNS}, part, parts FROM ${TABLE} WHERE ${IS} AND part = $2`
const TITLES = `
  SELECT id, title FROM unnest($1::text[]) WITH ORDINALITY AS wanted (wanted_id, place)
  JOIN ${TABLE} ON md5(id) = md5(wanted_id) AND id = wanted_id AND part = 1 ORDER BY place
`
const REMOVE = `
  DELETE FROM ${TABLE} WHERE md5(id) = ANY (SELECT md5(unnest($1::text[]))) AND id = ANY ($1)
  RETURNING key, audience
`
const PLACES = `SELECT key::float8 AS key, id, audience FROM ${TABLE} WHERE key > $1 ORDER BY key LIMIT $2`
const MOVING = `
  SELECT key, id, audience, title, type, language, text FROM ${TABLE} WHERE key = ANY ($1::bigint[])
`

const INSERT = (audience: number) => `
  WITH row AS (
    SELECT * FROM jsonb_to_recordset($1) AS row (
      id text, part integer, parts integer, title text, type text, language text,
      modified double precision, bytes bigint, lengths integer[], words text, text text
    )
  ), inserted AS (
    INSERT INTO ${TABLE} (id, part, parts, title, type, audience, language, modified, bytes, text)
    SELECT id, part, parts, title, type, ${audience}, language, modified, bytes, text FROM row
    RETURNING key, id, part
  )
  INSERT INTO ${wordsOf(TABLE, audience)} (key, id, part, lengths, words)
  SELECT key, id, part, lengths, words::tsvector FROM inserted JOIN row USING (id, part)
`

/** How many parts are moved to another audience in one transaction. */
const MOVED_AT_ONCE = 20

/**
 * The documents in Postgres; creates the tables if they are missing.
 * @param worker cuts the snippets and compares spellings; without it this process does.
 * @param audienceOf who may see a document; without it everybody may see all.
 */
export async function openPostgresDocuments (
  postgres: Postgres,
  worker?: SnippetWorker & SpellingWorker,
  audienceOf: AudienceOf = () => EVERYBODY
): Promise<DocumentStore> {
  await migrate(postgres, DDL)
  const { query } = postgres
  const spellings = createSpellings(query, SPELLINGS, worker)
  const search = createPostgresSearch(query, TABLE, spellings)
  /** One writer at a time, so that instances which index the same folder do not get in each other's way. */
  const write: Write = (work) =>
    postgres.transaction(async (query) => {
      await lock(query, TABLE)
      return work(query)
    })
  const movable = movableOf(query, write, spellings, audienceOf)
  async function settle (): Promise<void> {
    const audiences = [0, ...(await storedAudiences(query, TABLE)).map(({ key }) => key)]
    await query(`ANALYZE ${[TABLE, ...audiences.map((key) => wordsOf(TABLE, key))].join(', ')}`)
    search.refresh()
  }

  return {
    description: postgres.description,
    async put (documents) {
      if (documents.length === 0) return
      const rows = await Array.fromAsync(rowsOf(documents))
      const put = await write(async (query) => {
        await remove(query, documents.map(({ id }) => id))
        const byAudience = await groupBy(rows, ({ id }) => keyOf(query, TABLE, audienceOf(id)))
        for (const [audience, rows] of slicesOf(byAudience)) {
          await query(INSERT(audience), [JSON.stringify(rows.map(({ spelled, ...row }) => row))])
        }
        return byAudience
      })
      for (const [audience, rows] of slicesOf(put)) {
        await spellings.add(audience, rows.flatMap(({ spelled }) => spelled))
      }
    },
    async remove (ids) {
      if (ids.length > 0) await write((query) => remove(query, ids.filter(isStorable)))
    },
    ...readerOf(query),
    async search (text, limit, rights, person = null) {
      if (limit === 0) return []
      return postgres.inTurn(person, () => searchAsStored(movable.stored, async (stored) => {
        const seen = keysSeen(stored, rights)
        if (seen.length === 0) return []
        const { asked, rank } = await search.read(text, seen, person)
        return hitsOf(asked, (asked) => rank(asked, limit), worker, person)
      }))
    },
    async arrange (signal) {
      if (await arrange(movable, audienceOf, signal)) await settle()
    },
    settle,
    async close () {
      /* the pool is the app's */
    }
  }
}

/** What is read by id, or counted. */
const readerOf = (query: Run): Pick<DocumentStore, 'list' | 'titles' | 'find' | 'findPart' | 'count'> => ({
  async list () {
    const rows = await query<Pick<IndexedDocument, 'id' | 'modified' | 'bytes'>>(LIST)
    return new Map(rows.map(({ id, modified, bytes }) => [id, { modified, bytes }]))
  },
  titles: (ids) => query<{ id: string; title: string }>(TITLES, [ids.filter(isStorable)]),
  async find (id) {
    if (!isStorable(id)) return undefined
    const parts = await query<IndexedDocument>(`SELECT ${COLUMNS} FROM ${TABLE} WHERE ${IS} ORDER BY part`, [id])
    return parts.length === 0 ? undefined : { ...parts[0]!, text: parts.map(({ text }) => text).join('') }
  },
  async findPart (id, part) {
    if (!isStorable(id)) return undefined
    return (await query<DocumentPart>(FIND_PART, [id, part]))[0]
  },
  async count () {
    return (await query<{ count: number }>(COUNT))[0]!.count
  }
})

type Write = <R>(work: (query: Run) => Promise<R>) => Promise<R>

const movableOf = (query: Run, write: Write, spellings: Spellings, audienceOf: AudienceOf): Movable => ({
  stored: () => storedAudiences(query, TABLE),
  placesAfter: (key, limit) => query<Place>(PLACES, [key, limit]),
  relabel: (key, audience) => write((query) => relabel(query, TABLE, key, audience)),
  async move (keys) {
    const slice = keys.slice(0, MOVED_AT_ONCE)
    const spelled = await write((query) => move(query, slice, audienceOf))
    for (const { audience, words } of spelled) await spellings.add(audience, words)
    return slice.length
  },
  dropEmpty: () => write((query) => dropEmpty(query, TABLE))
})

/** An id that is not is that of no document. */
const isStorable = (id: string): boolean => storable(id) === id

async function remove (query: Run, ids: string[]): Promise<void> {
  const gone = await query<{ key: string; audience: number }>(REMOVE, [ids])
  for (const [audience, rows] of Map.groupBy(gone, ({ audience }) => audience)) {
    await query(`DELETE FROM ${wordsOf(TABLE, audience)} WHERE key = ANY ($1::bigint[])`, [rows.map(({ key }) => key)])
  }
}

interface Moving extends Pick<IndexedDocument, 'id' | 'title' | 'type' | 'text'> {
  key: string
  audience: number
  language: Language
}

/** @returns the words of what was moved, as they are spelled, with their new audience. */
async function move (
  query: Run,
  keys: readonly number[],
  audienceOf: AudienceOf
): Promise<Array<{ audience: number; words: string[] }>> {
  const rows = await query<Moving>(MOVING, [keys])
  const targets = await groupBy(rows, ({ id }) => keyOf(query, TABLE, audienceOf(id)))
  for (const [to, rows] of targets) {
    for (const [from, moving] of Map.groupBy(rows, ({ audience }) => audience)) {
      if (from !== to) await moveWords(query, TABLE, moving.map(({ key }) => key), from, to)
    }
  }
  return Array.from(targets, ([audience, rows]) => ({
    audience,
    words: rows.flatMap(({ id, language, ...row }) => fieldsOf({ ...row, path: id }, language).spellings)
  }))
}

async function groupBy<T, K> (items: readonly T[], keyOf: (item: T) => Promise<K>): Promise<Map<K, T[]>> {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const key = await keyOf(item)
    groups.set(key, [...(groups.get(key) ?? []), item])
  }
  return groups
}

/** Parts that are sent at once: those of a long document would be megabytes, which are written and encoded in one go. */
const SENT_AT_ONCE = 8

function * slicesOf<K, T> (groups: ReadonlyMap<K, readonly T[]>): Generator<[K, T[]]> {
  for (const [key, items] of groups) {
    for (let at = 0; at < items.length; at += SENT_AT_ONCE) yield [key, items.slice(at, at + SENT_AT_ONCE)]
  }
}

/** Requests are served between two parts: cutting and stemming take time. */
async function * rowsOf (documents: IndexedDocument[]) {
  for (const { text, ...document } of documents) {
    const parts = splitText(text)
    const language = textLanguage({ title: document.title, text })
    for (const [index, part] of parts.entries()) {
      const fields = fieldsOf({ ...document, path: document.id, text: part }, language)
      const { spellings: spelled } = fields
      yield {
        ...document,
        part: index + 1,
        parts: parts.length,
        language,
        lengths: lengthsOf(fields),
        words: vectorOf(fields),
        text: part,
        spelled
      }
      await setImmediate()
    }
  }
}
