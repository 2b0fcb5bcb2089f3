// Postgres full text: documents and queries are tokenized and stemmed here, so that no extension, dictionary or locale of
// the server matters.
import { fold, stem } from './stem.ts'
import { isSpaceless, parseQuery, wordsOf, type Query } from './tokenize.ts'

const lexemesOf = (text: string): string[] => wordsOf(fold(text)).map(stem)

/** Postgres stores so many positions of a word, and none beyond the last. */
const MAX_POSITIONS = 255
const LAST_POSITION = 16_383
/** Between two fields, so that no phrase reaches across. */
const GAP = 10

/** A word of the title counts as four of the text, and one of the path as two: they are written so often. */
const TITLE = 4
const PATH = 2

/** @returns a `tsvector` literal. Words hold only letters, digits and marks: there is nothing to escape. */
export function vectorOf ({ title, path = '', text }: { title: string; path?: string; text: string }): string {
  const places = new Map<string, number[]>()
  let at = 0
  for (const field of [...Array<string>(TITLE).fill(title), ...Array<string>(PATH).fill(path), text]) {
    for (const lexeme of lexemesOf(field)) {
      at++
      const known = places.get(lexeme)
      if (known === undefined) places.set(lexeme, [Math.min(at, LAST_POSITION)])
      else if (at <= LAST_POSITION && known.length < MAX_POSITIONS) known.push(at)
    }
    at += GAP
  }
  return Array.from(places, ([lexeme, at]) => `'${lexeme}':${at.join(',')}`).join(' ')
}

/** One term of a query: its `tsquery`, and the lexemes it consists of. */
export interface Term {
  match: string
  lexemes: string[]
}

export interface ParsedTsQuery {
  query: Query
  terms: Term[]
  /** Must match, if it is there: the phrases. */
  required: string | undefined
}

const phrase = (words: readonly string[]): string => words.map((word) => `'${stem(fold(word))}'`).join(' <-> ')

/** @returns undefined when nothing is asked for. */
export function parseTsQuery (text: string): ParsedTsQuery | undefined {
  const query = parseQuery(text)
  const terms = new Map<string, Term>()
  const add = (match: string, words: readonly string[]) =>
    terms.set(match, { match, lexemes: words.map((word) => stem(fold(word))) })
  for (const word of query.words) add(isSpaceless(word) ? `'${stem(fold(word))}':*` : phrase([word]), [word])
  for (const prefix of query.prefixes) add(`'${stem(fold(prefix))}':*`, [prefix])
  for (const words of [...query.pairs, ...query.phrases]) if (words.length > 1) add(phrase(words), words)
  if (terms.size === 0) return undefined
  return {
    query,
    terms: [...terms.values()],
    required: query.phrases.length > 0 ? query.phrases.map((words) => `(${phrase(words)})`).join(' & ') : undefined
  }
}

/** A `tsquery` that any of these terms fulfils, and that all that is required must. */
export const anyOf = (terms: readonly Term[], required: string | undefined): string =>
  [...(required ? [required] : []), `(${terms.map(({ match }) => `(${match})`).join(' | ')})`].join(' & ')

/**
 * SQL for what one document scores: BM25, as in FTS5. `ts_rank` of a single word is the sum of 1/n² up to the number of
 * its places, over that sum without end; the number is taken back out of it. Of a phrase it is only known that it is
 * there.
 * @param sql names: `words` and `length` of the document, the mean `average`, and arrays of `terms`, their `weights`,
 * and whether they are `phrases`.
 */
export const bm25 = (sql: {
  words: string
  length: string
  average: string
  terms: string
  weights: string
  phrases: string
}): string => `
  (SELECT sum(weight * count / (count + 1.2 * (0.25 + 0.75 * ${sql.length} / ${sql.average})))
   FROM unnest(${sql.terms}::text[]::tsquery[], ${sql.weights}::float8[], ${sql.phrases}::boolean[]) AS asked (term, weight, is_phrase),
   LATERAL (SELECT CASE WHEN is_phrase THEN (${sql.words} @@ term)::integer
     ELSE 1 / (1.6449340668 * greatest(1 - ts_rank('{1,1,1,1}', ${sql.words}, term), 0.002)) - 0.6079271 END AS count) AS counted)`
