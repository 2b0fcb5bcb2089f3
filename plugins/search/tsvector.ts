// Postgres full text: documents and queries are tokenized and stemmed here, so that no extension, dictionary or locale of
// the server matters.
import type { Term as Occurring } from './compounds.ts'
import { PAIR_WEIGHT, WEIGHTS, type Fields } from './fields.ts'
import type { Query } from './tokenize.ts'

/** Postgres stores this many positions of a word, and none beyond the last. The other fields come after the text. */
const MAX_POSITIONS = 250
const LAST_IN_TEXT = 15_000
const LAST_POSITION = 16_383
/** Between two fields, so that no phrase reaches across. */
const GAP = 10

/** The label of each field in a `tsvector`. There are no more: other forms of words stand among the headings. */
const LABELS = { titles: 'A', headings: 'B', paths: 'C' } as const

/** @returns a `tsvector` literal. Terms hold only letters, digits and marks: there is nothing to escape. */
export function vectorOf (fields: Fields): string {
  const places = new Map<string, string[]>()
  const add = (terms: readonly string[], from: number, last: number, label: string) => {
    for (const [index, term] of terms.entries()) {
      const known = places.get(term) ?? []
      places.set(term, known)
      const at = from + index
      if (known.length === 0 || label !== '' || (at <= last && known.length < MAX_POSITIONS)) known.push(`${Math.min(at, last)}${label}`)
    }
  }
  add(fields.body, 1, LAST_IN_TEXT, '')
  let from = LAST_IN_TEXT + GAP
  const labeled = { titles: fields.titles, headings: headingsOf(fields), paths: fields.paths }
  for (const [field, terms] of Object.entries(labeled) as Array<[keyof typeof LABELS, string[]]>) {
    add(terms.slice(0, LAST_POSITION - from), from, LAST_POSITION, LABELS[field])
    from = Math.min(LAST_POSITION, from + terms.length + GAP)
  }
  return Array.from(places, ([term, at]) => `'${term}':${at.join(',')}`).join(' ')
}

const headingsOf = ({ headings, forms }: Fields): string[] => [...headings, ...forms]

/** Of the text, titles, headings and path, in terms. */
export const lengthsOf = (fields: Fields): number[] =>
  [fields.body, fields.titles, headingsOf(fields), fields.paths].map(({ length }) => length)

/** One term of a query: its `tsquery`, and the lexemes it consists of. */
export interface Term {
  match: string
  lexemes: string[]
  /** Another form of a word of the query, which counts less. */
  isForm: boolean
}

export interface ParsedTsQuery {
  terms: Term[]
  /** Must match, if it is there: the phrases. */
  required: string | undefined
}

/** @returns a `tsquery` literal. */
export const matchOf = ({ term, isPrefix }: Occurring): string => `'${term}'${isPrefix ? ':*' : ''}`

const phrase = (terms: readonly string[]): string => terms.map((term) => `'${term}'`).join(' <-> ')

/** @returns undefined when nothing is asked for. */
export function tsQueryOf (query: Query): ParsedTsQuery | undefined {
  const terms = new Map<string, Term>()
  const add = (match: string, lexemes: string[], isForm = false) => {
    if (!terms.has(match)) terms.set(match, { match, lexemes, isForm })
  }
  for (const word of [...query.words, ...query.forms]) {
    const isForm = query.forms.includes(word)
    for (const term of word.terms) add(matchOf({ term, isPrefix: word.isPrefix }), [term], isForm)
  }
  for (const words of query.splits) add(phrase(words), words, true)
  for (const words of [...query.pairs, ...query.phrases.flat()]) if (words.length > 1) add(phrase(words), words)
  if (terms.size === 0) {
    for (const [word] of query.phrases.flat()) add(`'${word!}'`, [word!])
  }
  if (terms.size === 0) return undefined
  const required = query.phrases.map((languages) => `(${languages.map((words) => `(${phrase(words)})`).join(' | ')})`)
  return { terms: [...terms.values()], required: required.length > 0 ? required.join(' & ') : undefined }
}

/** A `tsquery` that any of these terms fulfils, and that all that is required must. */
export const anyOf = (terms: readonly Term[], required: string | undefined): string =>
  [...(required ? [required] : []), `(${terms.map(({ match }) => `(${match})`).join(' | ')})`].join(' & ')

/** The same term in one field: arrays of `tsquery` literals, for {@link bm25}. A pair counts in the text alone. */
export const inField = (terms: readonly Term[], field: keyof typeof LABELS): string[] =>
  terms.map(({ match, lexemes }) =>
    lexemes.length > 1 ? '' : `${match}${match.endsWith(':*') ? '' : ':'}${LABELS[field]}`)

/** BM25 with the constants of FTS5. */
const saturated = (count: string, length: string, average: string): string =>
  `${count} * 2.2 / (${count} + 1.2 * (0.25 + 0.75 * ${length} / ${average}))`

/**
 * SQL for what one document scores: BM25 of each field, as in FTS5. `ts_rank` of a single word is the sum of 1/n² up to
 * the number of its places in the text, which come first, divided by the sum of the infinite series; the number is derived
 * from it. For a phrase, and in the other fields, only presence is known.
 * @param sql names: `words` of the document, `lengths` and `averages` of its fields (text, title, headings, path), and
 * arrays of `terms`, their `weights`, whether they are `phrases`, and the same terms in each field.
 */
export const bm25 = (sql: {
  words: string
  lengths: string
  averages: string
  terms: string
  weights: string
  phrases: string
  titles: string
  headings: string
  paths: string
}): string => {
  const there = (field: keyof typeof LABELS, place: number): string =>
    `${WEIGHTS[field]} * CASE WHEN ${field}_term <> '' AND ${sql.words} @@ ${field}_term::tsquery
      THEN ${saturated('1.0', `${sql.lengths}[${place}]`, `${sql.averages}[${place}]`)} ELSE 0 END`
  return `
  (SELECT sum(weight * (CASE WHEN count > 0 THEN CASE WHEN is_phrase THEN ${PAIR_WEIGHT} ELSE 1 END * ${saturated('count', `${sql.lengths}[1]`, `${sql.averages}[1]`)} ELSE 0 END
     + ${there('titles', 2)} + ${there('headings', 3)} + ${there('paths', 4)}))
   FROM unnest(${sql.terms}::text[]::tsquery[], ${sql.weights}::float8[], ${sql.phrases}::boolean[], ${sql.titles}::text[], ${sql.headings}::text[], ${sql.paths}::text[])
     AS asked (term, weight, is_phrase, titles_term, headings_term, paths_term),
   LATERAL (SELECT CASE WHEN is_phrase THEN (${sql.words} @@ term)::integer::float8
     ELSE greatest(0, round((1 / (1.6449340668 * greatest(1 - ts_rank('{1,0,0,0}'::float4[], ${sql.words}, term), 0.002)) - 0.6079271)::numeric, 2))::float8 END AS count) AS counted)`
}
