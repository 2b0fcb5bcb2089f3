// Notes in Postgres, for several instances: every statement names the owner, and one owner's writes come one after the
// other.
import { readingsOf, readWords } from '../search/compounds.ts'
import { fieldsOf, textLanguage, WEIGHTS } from '../search/fields.ts'
import type { Language } from '../search/languages.ts'
import { parseQuery, type Query as ParsedQuery } from '../search/tokenize.ts'
import { anyOf, bm25, inField, lengthsOf, tsQueryOf, vectorOf } from '../search/tsvector.ts'
import { hitsOf } from '../search/postgres-hits.ts'
import { createTurns } from '../search/turns.ts'
import type { SnippetWorker } from '../search/worker.ts'
import { lock, migrate, SCHEMA, type Postgres, type Query } from '../postgres.ts'
import type { SearchHit } from '../search/contract.ts'
import { StorageFull } from '../storage/contract.ts'
import { MAX_ALL_NOTES_BYTES, type Before, type Note, type NoteStore, type Step, type Usage } from './contract.ts'

const TABLE = `${SCHEMA}.notes`

/**
 * Increase it when the terms of the index change: they are then created again from the notes.
 */
const INDEX_VERSION = 2
const REINDEXED_AT_ONCE = 100

const DDL = `
  CREATE TABLE IF NOT EXISTS ${TABLE} (
    owner text NOT NULL, id text NOT NULL, version integer NOT NULL, created double precision NOT NULL, modified double precision NOT NULL,
    characters integer NOT NULL, words tsvector NOT NULL, title text NOT NULL, text text NOT NULL, PRIMARY KEY (owner, id)
  );
  CREATE INDEX IF NOT EXISTS notes_by_change ON ${TABLE} (owner, modified, id COLLATE "C");
  CREATE INDEX IF NOT EXISTS notes_by_id ON ${TABLE} (owner, id COLLATE "C");
  ALTER TABLE ${TABLE} ENABLE ROW LEVEL SECURITY;
  ALTER TABLE ${TABLE} ADD COLUMN IF NOT EXISTS language text NOT NULL DEFAULT 'en';
  ALTER TABLE ${TABLE} ADD COLUMN IF NOT EXISTS lengths integer[] NOT NULL DEFAULT '{0,0,0,0}';
  ALTER TABLE ${TABLE} ADD COLUMN IF NOT EXISTS indexed integer NOT NULL DEFAULT 0;
`

const COLUMNS = 'id, title, text, version, created, modified'

const PUT = `
  INSERT INTO ${TABLE} (owner, id, version, created, modified, characters, title, text, words, language, lengths, indexed)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, ${INDEX_VERSION})
  ON CONFLICT (owner, id) DO UPDATE SET version = excluded.version, modified = excluded.modified, characters = excluded.characters,
    words = excluded.words, title = excluded.title, text = excluded.text, language = excluded.language, lengths = excluded.lengths,
    indexed = excluded.indexed
`

/**
 * Among one person's notes no word is rare or common enough for an idf: all weigh the same.
 */
const SEARCH = `
  SELECT id, title, text, ${bm25({ words: 'words', lengths: 'lengths', averages: "('{200,5,5,1}'::float8[])", terms: '$3', weights: '$4', phrases: '$5', titles: '$7', headings: '$8', paths: '$9' })} AS score
  FROM ${TABLE} WHERE owner = $1 AND words @@ $2::tsquery ORDER BY score DESC, id LIMIT $6
`

/** In the order of code points, as in SQLite; lower case is that of ASCII. */
const COMPLETE = `
  (SELECT id FROM ${TABLE} WHERE owner = $1 AND id COLLATE "C" >= $2 AND id COLLATE "C" < $3 ORDER BY id COLLATE "C" LIMIT $4)
  UNION ALL
  (SELECT id FROM ${TABLE} WHERE owner = $1 AND position(lower($2 COLLATE "C") IN lower(title COLLATE "C")) > 0
    ORDER BY title COLLATE "C", id COLLATE "C" LIMIT $4)
`
/** Every id that begins with a text sorts before the text with this character added. */
const LAST_CHARACTER = '\u{10ffff}'

const LIST = `SELECT ${COLUMNS} FROM ${TABLE} WHERE owner = $1`
const ORDER = 'ORDER BY modified DESC, id COLLATE "C" DESC'

/**
 * Writes of one owner wait for each other, and a page may have two million characters: of the few connections, one person
 * takes one for these, and all people together leave most to what else is read.
 */
const TURNS = { running: 3, runningEach: 1, waiting: 1_000, waitingEach: 100, sliceMs: 2 ** 31 - 1 }
const LATE = 'Too much was waiting for the notes of this server, so this was not begun. Try again in a minute.'

/** @param worker cuts the snippets; without it they are cut in this process. */
export async function openPostgresNotes (postgres: Postgres, worker?: SnippetWorker): Promise<NoteStore> {
  await migrate(postgres, DDL)
  await reindex(postgres)
  const { query } = postgres
  const inTurn = createTurns(TURNS, LATE)
  return {
    description: postgres.description,
    update: (owner, id, decide, caller = owner, before = undefined) =>
      inTurn(caller, () => update(postgres, owner, id, decide, before)),
    async find (owner, id) {
      return (await query<Note>(`${LIST} AND id = $2`, [owner, id]))[0]
    },
    list: (owner, limit, before, caller = owner) =>
      inTurn(caller, () =>
        before
          ? query<Note>(`${LIST} AND (modified, id COLLATE "C") < ($3, $4) ${ORDER} LIMIT $2`, [
            owner,
            limit,
            before.modified,
            before.id
          ])
          : query<Note>(`${LIST} ${ORDER} LIMIT $2`, [owner, limit])),
    listById: (owner, limit, after = '') =>
      query<Note>(`${LIST} AND id COLLATE "C" > $3 ORDER BY id COLLATE "C" LIMIT $2`, [owner, limit, after]),
    async complete (owner, typed, limit) {
      const found = await query<{ id: string }>(COMPLETE, [owner, typed, typed + LAST_CHARACTER, limit])
      return [...new Set(found.map(({ id }) => id))].slice(0, limit)
    },
    search: (owner, text, limit, caller = owner) =>
      postgres.inTurn(caller, () => search(query, worker, { owner, caller }, text, limit)),
    count: async (owner) => (await query<Usage>(USAGE, [owner]))[0]!.notes,
    async removeAll (owner) {
      return postgres.transaction(async (query) => {
        await lock(query, `${TABLE} ${owner}`)
        return (await query(`DELETE FROM ${TABLE} WHERE owner = $1 RETURNING id`, [owner])).length
      })
    },
    async close () {
      /* the pool is the app's */
    }
  }
}

const USAGE = `
  SELECT count(*)::integer AS notes, coalesce(sum(characters), 0)::float8 AS characters,
    pg_total_relation_size('${TABLE}')::float8 / ${MAX_ALL_NOTES_BYTES} AS fill
  FROM ${TABLE} WHERE owner = $1
`

const sizeOf = ({ title, text }: Note): number => title.length + text.length

async function update (
  { transaction }: Postgres,
  owner: string,
  id: string,
  decide: Step,
  before: Before | undefined
): Promise<void> {
  await transaction(async (query) => {
    await lock(query, `${TABLE} ${owner}`)
    await before?.()
    const [known] = await query<Note>(`${LIST} AND id = $2`, [owner, id])
    const [usage] = await query<Usage>(USAGE, [owner])
    const note = decide(known, usage!)
    if (note === null) {
      await query(`DELETE FROM ${TABLE} WHERE owner = $1 AND id = $2`, [owner, id])
      return
    }
    if (usage!.fill >= 1 && sizeOf(note) > (known ? sizeOf(known) : 0)) {
      throw new StorageFull(`all notes together have reached ${MAX_ALL_NOTES_BYTES} bytes`)
    }
    const { title, text, version, created, modified } = note
    await query(PUT, [owner, note.id, version, created, modified, sizeOf(note), title, text, ...termsOf(note)])
  })
}

/** The columns by which a note is found: `words`, `language` and `lengths`. */
function termsOf (note: Pick<Note, 'title' | 'text'>): [string, Language, number[]] {
  const language = textLanguage(note)
  const fields = fieldsOf(note, language)
  return [vectorOf(fields), language, lengthsOf(fields)]
}

/** Indexes the notes of an earlier version of the server again. */
async function reindex ({ transaction }: Postgres): Promise<void> {
  for (let found = REINDEXED_AT_ONCE; found === REINDEXED_AT_ONCE;) {
    found = await transaction(async (query) => {
      const old = await query<Note & { owner: string }>(
        `SELECT owner, ${COLUMNS} FROM ${TABLE} WHERE indexed < $1 LIMIT $2 FOR UPDATE SKIP LOCKED`, [INDEX_VERSION, REINDEXED_AT_ONCE])
      for (const note of old) {
        await query(`UPDATE ${TABLE} SET words = $3, language = $4, lengths = $5, indexed = $6 WHERE owner = $1 AND id = $2`,
          [note.owner, note.id, ...termsOf(note), INDEX_VERSION])
      }
      return old.length
    })
  }
}

async function search (
  query: Query,
  worker: SnippetWorker | undefined,
  { owner, caller }: { owner: string; caller: string | null },
  text: string,
  limit: number
): Promise<SearchHit[]> {
  const languages = await query<{ language: Language }>(`SELECT DISTINCT language FROM ${TABLE} WHERE owner = $1`, [owner])
  if (languages.length === 0) return []
  const parsed = readWords(readingsOf(parseQuery(text, languages.map(({ language }) => language))), () => false)
  return hitsOf(parsed, (parsed) => rank(query, owner, parsed, limit), worker, caller)
}

type Ranked = Pick<Note, 'id' | 'title' | 'text'> & { score: number }

async function rank (query: Query, owner: string, parsed: ParsedQuery, limit: number): Promise<Ranked[]> {
  const asked = tsQueryOf(parsed)
  if (asked === undefined) return []
  const { terms, required } = asked
  return query<Ranked>(SEARCH, [
    owner,
    anyOf(terms, required),
    terms.map(({ match }) => match),
    terms.map(({ isForm }) => (isForm ? WEIGHTS.forms : 1)),
    terms.map(({ lexemes }) => lexemes.length > 1),
    limit,
    ...(['titles', 'headings', 'paths'] as const).map((field) => inField(terms, field))
  ])
}
