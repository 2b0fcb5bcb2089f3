// Searches the documents in Postgres, over the tables of the audiences that the caller may
// see. Its own ranking has no inverse document frequency, so each term is weighted here by
// the planner's statistics of those tables.
// Tested in test/plugins/library/postgres.test.ts and
// test/plugins/library/audiences.test.ts.
import type { Query as Run } from '../postgres.ts'
import { readingsOf, readWords, termsNeeded, type Term } from '../search/compounds.ts'
import type { SearchHit } from '../search/contract.ts'
import type { Language } from '../search/languages.ts'
import type { Spellings } from '../search/postgres-spellings.ts'
import { createTermWeights } from '../search/term-weights.ts'
import { anyOf, bm25, inField, matchOf, tsQueryOf } from '../search/tsvector.ts'
import { parseQuery, type Query as ParsedQuery, type Word } from '../search/tokenize.ts'
import { eachPageOnce } from '../search/versions.ts'
import { wordsOf } from './postgres-audiences.ts'

/** Estimates of the candidates may be wrong: no more are ranked. */
const MAX_FOUND = 20_000
/**
 * So many parts are ranked for each document that is asked for: several of the best may
 * belong to one.
 */
const PARTS_PER_HIT = 5

const SCORE = bm25({
  words: 'words',
  lengths: 'lengths',
  averages: '($5::float8[])',
  terms: '$2',
  weights: '$3',
  phrases: '$4',
  titles: '$6',
  headings: '$7',
  paths: '$8'
})

const all = (words: readonly string[]): string =>
  words.map((table) => `SELECT * FROM ${table} WHERE words @@ $1::tsquery`).join(' UNION ALL ')

// `|| ''` unpacks the words once for all terms; LIMIT keeps the planner from undoing that.
const SEARCH = (table: string, words: readonly string[]) => `
  WITH found AS (
    SELECT key, id, part, lengths, words || '' AS words FROM (${all(words)}) AS matching LIMIT ${MAX_FOUND}
  ), best AS (
    SELECT key, id, part, ${SCORE} AS score
    FROM found ORDER BY score DESC, id, part LIMIT $9
  )
  SELECT id, part, parts, title, text, score FROM best JOIN ${table} USING (key, id, part)
  ORDER BY score DESC, id, part
`

/** The languages of the documents, with one index lookup for each audience and language. */
const LANGUAGES = (table: string) => `
  WITH RECURSIVE spoken AS (
    SELECT audience, (SELECT min(language) FROM ${table} AS d WHERE d.audience = seen.audience) AS language
    FROM unnest($1::integer[]) AS seen (audience)
    UNION ALL
    SELECT audience, (
      SELECT min(language) FROM ${table} AS d WHERE d.audience = spoken.audience AND d.language > spoken.language
    )
    FROM spoken WHERE language IS NOT NULL
  )
  SELECT DISTINCT language FROM spoken WHERE language IS NOT NULL ORDER BY language
`
const HOLDS = (words: readonly string[]) =>
  `SELECT match FROM unnest($1::text[]) AS asked (match) WHERE ${words
    .map((table) => `EXISTS (SELECT FROM ${table} WHERE words @@ match::tsquery)`)
    .join(' OR ')}`

type Ranked = Omit<SearchHit, 'snippet'> & { text: string }

export interface PostgresSearch {
  /**
   * The query as it is asked, and what ranks it.
   * @param audiences numbers of those whose documents are searched.
   * @param person whose turn in the worker it takes.
   */
  read(
    text: string,
    audiences: readonly number[],
    person: string | null
  ): Promise<{ asked: ParsedQuery; rank(asked: ParsedQuery, limit: number): Promise<Ranked[]> }>
  /** After ANALYZE. */
  refresh(): void
}

/** @param table of the documents. */
export function createPostgresSearch (query: Run, table: string, spellings: Spellings): PostgresSearch {
  const termWeights = createTermWeights(query)

  /**
   * The query in the languages of the documents, with corrections of the words that none of
   * them contains.
   */
  async function readIn (
    audiences: readonly number[],
    words: readonly string[],
    text: string,
    person: string | null
  ): Promise<ParsedQuery> {
    const languages = await query<{ language: Language }>(LANGUAGES(table), [audiences])
    const readings = readingsOf(parseQuery(text, languages.map(({ language }) => language)))
    const asked = readings.query.words.flatMap(({ terms, isPrefix }) =>
      terms.map((term) => ({ term, isPrefix }))
    )
    const held = async (matches: string[]) => {
      const rows = await query<{ match: string }>(HOLDS(words), [matches])
      return new Set(rows.map(({ match }) => match))
    }
    const isHeld = await held([...new Set([...asked, ...termsNeeded(readings)].map(matchOf))])
    const occurs = (term: Term) => isHeld.has(matchOf(term))
    const corrected = await spellings.correct(readings.query.words, {
      audiences,
      languages: readings.query.languages,
      isKnown: ({ terms, isPrefix }: Word) => terms.some((term) => occurs({ term, isPrefix })),
      async held (terms) {
        const matches = await held(terms.map((term) => matchOf({ term, isPrefix: false })))
        return new Set(terms.filter((term) => matches.has(matchOf({ term, isPrefix: false }))))
      }
    }, person)
    return { ...readWords(readings, occurs), words: corrected }
  }

  async function rank (words: readonly string[], parsed: ParsedQuery, limit: number): Promise<Ranked[]> {
    const asked = tsQueryOf(parsed)
    if (asked === undefined) return []
    const { weights, averages, candidates } = await termWeights.weigh(asked, words)
    const { terms } = asked
    const rows = await query<Ranked>(SEARCH(table, words), [
      anyOf(candidates, asked.required),
      terms.map(({ match }) => match),
      weights,
      terms.map(({ lexemes }) => lexemes.length > 1),
      averages,
      ...(['titles', 'headings', 'paths'] as const).map((field) => inField(terms, field)),
      limit * PARTS_PER_HIT
    ])
    return eachPageOnce(rows, limit, ({ text }) => text)
  }

  return {
    async read (text, audiences, person) {
      const words = audiences.map((key) => wordsOf(table, key))
      const asked = await readIn(audiences, words, text, person)
      return { asked, rank: (asked, limit) => rank(words, asked, limit) }
    },
    refresh: termWeights.refresh
  }
}
