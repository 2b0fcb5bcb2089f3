// Documents in Postgres, for several instances on one index. Its own ranking has no inverse document frequency, so each
// term is weighted here by the planner's statistics.
import { setImmediate } from 'node:timers/promises'
import { migrate, lock, SCHEMA, type Postgres, type Query as Run } from '../postgres.ts'
import type { SearchHit } from '../search/contract.ts'
import type { DocumentPart, DocumentStore, IndexedDocument } from './contract.ts'
import { splitText } from './parts.ts'
import { snippetOf } from '../search/snippet.ts'
import { createTermWeights, type TermWeights } from '../search/term-weights.ts'
import { anyOf, parseTsQuery, bm25, vectorOf, type ParsedTsQuery } from '../search/tsvector.ts'
import { pathWords, shownWords } from '../search/tokenize.ts'

const TABLE = `${SCHEMA}.documents`

// A path may be longer than a key of an index, so its digest is the key. Words stay in their row: ranking reads those
// of thousands.
const DDL = `
  CREATE TABLE IF NOT EXISTS ${TABLE} (
    id text NOT NULL, part integer NOT NULL, parts integer NOT NULL, title text NOT NULL, type text NOT NULL,
    modified double precision NOT NULL, bytes bigint NOT NULL, length integer NOT NULL, words tsvector NOT NULL, text text NOT NULL
  );
  CREATE UNIQUE INDEX IF NOT EXISTS documents_id ON ${TABLE} (md5(id), part);
  CREATE INDEX IF NOT EXISTS documents_words ON ${TABLE} USING gin (words) WITH (fastupdate = off);
  ALTER TABLE ${TABLE} ALTER COLUMN words SET STATISTICS 1000;
  ALTER TABLE ${TABLE} ALTER COLUMN words SET STORAGE MAIN;
  ALTER TABLE ${TABLE} ENABLE ROW LEVEL SECURITY;
`

const COLUMNS = 'id, title, text, type, modified, bytes::integer AS bytes'
const IS = 'md5(id) = md5($1) AND id = $1'

const LIST = `SELECT id, modified, bytes::integer AS bytes FROM ${TABLE} WHERE part = 1`
const COUNT = `SELECT count(*)::integer AS count FROM ${TABLE} WHERE part = 1`
const FIND_PART = `SELECT ${COLUMNS}, part, parts FROM ${TABLE} WHERE ${IS} AND part = $2`
const TITLES = `
  SELECT id, title FROM unnest($1::text[]) WITH ORDINALITY AS wanted (wanted_id, place)
  JOIN ${TABLE} ON md5(id) = md5(wanted_id) AND id = wanted_id AND part = 1 ORDER BY place
`

const INSERT = `
  INSERT INTO ${TABLE} (id, part, parts, title, type, modified, bytes, length, words, text)
  SELECT id, part, parts, title, type, modified, bytes, length, words::tsvector, text
  FROM jsonb_to_recordset($1) AS row (id text, part integer, parts integer, title text, type text, modified double precision, bytes bigint, length integer, words text, text text)
`

// `|| ''` unpacks the words once for all terms; OFFSET 0 keeps the planner from undoing that.
const SEARCH = `
  WITH found AS (
    SELECT id, part, parts, title, length, words || '' AS words FROM ${TABLE} WHERE words @@ $1::tsquery OFFSET 0
  )
  SELECT id, part, parts, title, ${bm25({ words: 'words', length: 'length', average: '$5::float8', terms: '$2', weights: '$3', phrases: '$4' })} AS score
  FROM found ORDER BY score DESC, id, part LIMIT $6
`

/** So many parts are ranked for each document that is asked for: several of the best may belong to one. */
const PARTS_PER_HIT = 5

export async function openPostgresDocuments (postgres: Postgres): Promise<DocumentStore> {
  await migrate(postgres, DDL)
  const { query } = postgres
  const termWeights = createTermWeights(query, TABLE)
  /** One writer at a time, so that instances which index the same folder do not get in each other's way. */
  const write = (work: (query: Run) => Promise<unknown>) =>
    postgres.transaction(async (query) => {
      await lock(query, TABLE)
      await work(query)
    })

  return {
    description: postgres.description,
    async put (documents) {
      if (documents.length === 0) return
      const rows = await Array.fromAsync(rowsOf(documents))
      await write(async (query) => {
        const ids = documents.map(({ id }) => id)
        await remove(query, ids)
        await query(INSERT, [JSON.stringify(rows)])
      })
    },
    async remove (ids) {
      if (ids.length > 0) await write((query) => remove(query, ids.filter(isStorable)))
    },
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
    async search (text, limit) {
      const parsed = parseTsQuery(text)
      if (parsed === undefined || limit === 0) return []
      return addSnippets(query, await rank(query, termWeights, parsed, limit), shownWords(parsed.query))
    },
    async settle () {
      await query(`ANALYZE ${TABLE}`)
      await termWeights.refresh()
    },
    async count () {
      return (await query<{ count: number }>(COUNT))[0]!.count
    },
    async close () {
      /* the pool is the app's */
    }
  }
}

/** Postgres keeps neither NUL nor half a character. */
const isStorable = (id: string): boolean => id.isWellFormed() && !id.includes('\0')

const remove = (query: Run, ids: string[]) =>
  query(`DELETE FROM ${TABLE} WHERE md5(id) = ANY (SELECT md5(unnest($1::text[]))) AND id = ANY ($1)`, [ids])

/** Requests are served between two parts: cutting and stemming take time. */
async function * rowsOf (documents: IndexedDocument[]) {
  for (const { text, ...document } of documents) {
    const parts = splitText(text)
    for (const [index, part] of parts.entries()) {
      yield {
        ...document,
        part: index + 1,
        parts: parts.length,
        length: part.length,
        words: vectorOf({ title: document.title, path: pathWords(document.id), text: part }),
        text: part
      }
      await setImmediate()
    }
  }
}

async function rank (
  query: Run,
  termWeights: TermWeights,
  asked: ParsedTsQuery,
  limit: number
): Promise<Array<Omit<SearchHit, 'snippet'> & { part: number }>> {
  const { weights, average, candidates } = await termWeights.weigh(asked)
  const rows = await query<Omit<SearchHit, 'snippet'> & { part: number }>(SEARCH, [
    anyOf(candidates, asked.required),
    asked.terms.map(({ match }) => match),
    weights,
    asked.terms.map(({ lexemes }) => lexemes.length > 1),
    average,
    limit * PARTS_PER_HIT
  ])
  const documents = new Map<string, (typeof rows)[number]>()
  for (const row of rows) if (documents.size < limit && !documents.has(row.id)) documents.set(row.id, row)
  return [...documents.values()]
}

async function addSnippets (
  query: Run,
  hits: Array<Omit<SearchHit, 'snippet'> & { part: number }>,
  words: string[]
): Promise<SearchHit[]> {
  const texts = await query<{ place: number; text: string }>(
    `
    SELECT place::integer, text FROM unnest($1::text[], $2::integer[]) WITH ORDINALITY AS hit (hit_id, hit_part, place)
    JOIN ${TABLE} ON md5(id) = md5(hit_id) AND id = hit_id AND part = hit_part
  `,
    [hits.map(({ id }) => id), hits.map(({ part }) => part)]
  )
  const byPlace = new Map(texts.map(({ place, text }) => [place, text]))
  return hits.map((hit, index) => ({ ...hit, snippet: snippetOf(byPlace.get(index + 1) ?? '', words) }))
}
