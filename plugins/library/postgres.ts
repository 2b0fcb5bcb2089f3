// Documents in Postgres, for several instances on one index. Its own ranking has no inverse document frequency, so each
// term is weighted here by the planner's statistics.
import { setImmediate } from 'node:timers/promises'
import { migrate, lock, SCHEMA, type Postgres, type Query as Run } from '../postgres.ts'
import type { SearchHit } from '../search/contract.ts'
import { INDEX_VERSION, type DocumentPart, type DocumentStore, type IndexedDocument } from './contract.ts'
import { splitText } from './parts.ts'
import { readingsOf, readWords, termsNeeded, type Term } from '../search/compounds.ts'
import { fieldsOf, textLanguage } from '../search/fields.ts'
import type { Language } from '../search/languages.ts'
import { createSpellings, SPELLINGS_DDL, type Spellings } from '../search/postgres-spellings.ts'
import { hitsOf } from '../search/postgres-hits.ts'
import type { SnippetWorker } from '../search/worker.ts'
import { createTermWeights, type TermWeights } from '../search/term-weights.ts'
import { anyOf, bm25, inField, lengthsOf, matchOf, tsQueryOf, vectorOf } from '../search/tsvector.ts'
import { parseQuery, type Query as ParsedQuery, type Word } from '../search/tokenize.ts'
import { eachPageOnce } from '../search/versions.ts'

const NAME = `library_${INDEX_VERSION}`
const TABLE = `${SCHEMA}.${NAME}`
const SPELLINGS = `${TABLE}_spellings`
/** The indexes of every version before. */
const FORMER = Array.from({ length: INDEX_VERSION - 1 }, (_, index) => `${SCHEMA}.library_${index + 1}`).flatMap((table) => [table, `${table}_spellings`])

// A path may be longer than a key of an index, so its digest is the key. Words stay in their row: ranking reads those
// of thousands.
const DDL = `
  DROP TABLE IF EXISTS ${SCHEMA}.documents, ${FORMER.join(', ')};
  CREATE TABLE IF NOT EXISTS ${TABLE} (
    id text NOT NULL, part integer NOT NULL, parts integer NOT NULL, title text NOT NULL, type text NOT NULL, language text NOT NULL,
    modified double precision NOT NULL, bytes bigint NOT NULL, lengths integer[] NOT NULL, words tsvector NOT NULL, text text NOT NULL
  );
  CREATE UNIQUE INDEX IF NOT EXISTS ${NAME}_id ON ${TABLE} (md5(id), part);
  CREATE INDEX IF NOT EXISTS ${NAME}_language ON ${TABLE} (language);
  CREATE INDEX IF NOT EXISTS ${NAME}_words ON ${TABLE} USING gin (words) WITH (fastupdate = off);
  ALTER TABLE ${TABLE} ALTER COLUMN words SET STATISTICS 1000;
  ALTER TABLE ${TABLE} ALTER COLUMN words SET STORAGE MAIN;
  ALTER TABLE ${TABLE} ENABLE ROW LEVEL SECURITY;
  ${SPELLINGS_DDL(SPELLINGS)}
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
  INSERT INTO ${TABLE} (id, part, parts, title, type, language, modified, bytes, lengths, words, text)
  SELECT id, part, parts, title, type, language, modified, bytes, lengths, words::tsvector, text
  FROM jsonb_to_recordset($1) AS row (id text, part integer, parts integer, title text, type text, language text, modified double precision, bytes bigint, lengths integer[], words text, text text)
`

/** Estimates of the candidates may be wrong: no more are ranked. */
const MAX_FOUND = 20_000

// `|| ''` unpacks the words once for all terms; LIMIT keeps the planner from undoing that.
const SEARCH = `
  WITH found AS (
    SELECT id, part, parts, title, lengths, words || '' AS words FROM ${TABLE} WHERE words @@ $1::tsquery LIMIT ${MAX_FOUND}
  )
  SELECT id, part, parts, title, ${bm25({ words: 'words', lengths: 'lengths', averages: '($5::float8[])', terms: '$2', weights: '$3', phrases: '$4', titles: '$6', headings: '$7', paths: '$8' })} AS score
  FROM found ORDER BY score DESC, id, part LIMIT $9
`

/** The languages of the documents, with one index lookup for each. */
const LANGUAGES = `
  WITH RECURSIVE spoken AS (
    (SELECT language FROM ${TABLE} ORDER BY language LIMIT 1)
    UNION ALL SELECT (SELECT language FROM ${TABLE} WHERE language > spoken.language ORDER BY language LIMIT 1) FROM spoken WHERE language IS NOT NULL
  )
  SELECT language FROM spoken WHERE language IS NOT NULL
`
const HOLDS = `SELECT match FROM unnest($1::text[]) AS asked (match) WHERE EXISTS (SELECT FROM ${TABLE} WHERE words @@ match::tsquery)`

/** So many parts are ranked for each document that is asked for: several of the best may belong to one. */
const PARTS_PER_HIT = 5

/**
 * The documents in Postgres; creates the tables if they are missing.
 * @param worker cuts the snippets; without it they are cut in this process.
 */
export async function openPostgresDocuments (postgres: Postgres, worker?: SnippetWorker): Promise<DocumentStore> {
  await migrate(postgres, DDL)
  const { query } = postgres
  const termWeights = createTermWeights(query, TABLE)
  const spellings = createSpellings(query, SPELLINGS)
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
        await query(INSERT, [JSON.stringify(rows.map(({ spelled, ...row }) => row))])
      })
      await spellings.add(rows.flatMap(({ spelled }) => spelled))
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
    async search (text, limit, person = null) {
      if (limit === 0) return []
      const asked = await read(query, spellings, text)
      return hitsOf(asked, (asked) => rank(query, termWeights, asked, limit), worker, person)
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

/** The query in the languages of the documents, with corrections of the words that none of them contains. */
async function read (query: Run, spellings: Spellings, text: string) {
  const languages = await query<{ language: Language }>(LANGUAGES)
  const readings = readingsOf(parseQuery(text, languages.map(({ language }) => language)))
  const { words } = readings.query
  const asked = words.flatMap(({ terms, isPrefix }) => terms.map((term) => ({ term, isPrefix })))
  const matches = [...new Set([...asked, ...termsNeeded(readings)].map(matchOf))]
  const held = await query<{ match: string }>(HOLDS, [matches])
  const isHeld = new Set(held.map(({ match }) => match))
  const occurs = (term: Term) => isHeld.has(matchOf(term))
  const isKnown = ({ terms, isPrefix }: Word) => terms.some((term) => occurs({ term, isPrefix }))
  return { ...readWords(readings, occurs), words: await spellings.correct(words, readings.query.languages, isKnown) }
}

type Row = Omit<SearchHit, 'snippet'> & { part: number }

type Ranked = Omit<SearchHit, 'snippet'> & { text: string }

async function rank (query: Run, termWeights: TermWeights, parsed: ParsedQuery, limit: number): Promise<Ranked[]> {
  const asked = tsQueryOf(parsed)
  if (asked === undefined) return []
  const { weights, averages, candidates } = await termWeights.weigh(asked)
  const { terms } = asked
  const rows = await query<Row>(SEARCH, [
    anyOf(candidates, asked.required),
    terms.map(({ match }) => match),
    weights,
    terms.map(({ lexemes }) => lexemes.length > 1),
    averages,
    ...(['titles', 'headings', 'paths'] as const).map((field) => inField(terms, field)),
    limit * PARTS_PER_HIT
  ])
  const texts = await textsOf(query, rows)
  const textOf = (row: Row) => texts.get(rows.indexOf(row) + 1) ?? ''
  return eachPageOnce(rows, limit, textOf).map((hit) => ({ ...hit, text: textOf(hit) }))
}

/** By position, from 1. */
async function textsOf (query: Run, hits: readonly Row[]): Promise<Map<number, string>> {
  const texts = await query<{ place: number; text: string }>(
    `
    SELECT place::integer, text FROM unnest($1::text[], $2::integer[]) WITH ORDINALITY AS hit (hit_id, hit_part, place)
    JOIN ${TABLE} ON md5(id) = md5(hit_id) AND id = hit_id AND part = hit_part
  `,
    [hits.map(({ id }) => id), hits.map(({ part }) => part)]
  )
  return new Map(texts.map(({ place, text }) => [place, text]))
}
