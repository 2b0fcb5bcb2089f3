// The index in SQLite's FTS5, for documents and notes: one table of terms for each field,
// and the SQL that ranks a query. Documents of each audience have tables of their own, so
// that what FTS5 counts is what their readers may see.
import type { DatabaseSync } from 'node:sqlite'
import { FIELDS, PAIR_WEIGHT, WEIGHTS, type Field, type Fields } from './fields.ts'
import type { Query, Word } from './tokenize.ts'

const TABLES = [...FIELDS, 'spellings'] as const

/**
 * The end of the names of an audience's tables.
 * @param audience its number, 0 for everybody.
 */
export const suffixOf = (audience: number): string => (audience === 0 ? '' : `_${audience}`)

/** The same of the index over all audiences. */
export const WHOLE = '_whole'

/** Drops the tables. @param suffix from {@link suffixOf}. */
export const dropTerms = (suffix = ''): string =>
  TABLES.map((table) => `DROP TABLE IF EXISTS ${table}${suffix};`).join(' ')

/** Drops the tables and creates them again. */
export const createTerms = (suffix = ''): string => {
  const options = "terms, content='', contentless_delete=1, tokenize='ascii'"
  const create = TABLES.map((table) => {
    const detail = table === 'spellings' ? ', detail=none' : ''
    return `CREATE VIRTUAL TABLE ${table}${suffix} USING fts5 (${options}${detail});`
  })
  return [dropTerms(suffix), ...create].join('\n')
}

export interface TermWriter {
  /** @param tag precedes each term: a search with the same tag finds nothing else. */
  put(key: number, fields: Fields, tag?: string): void
  remove(key: number): void
}

/** In the transaction of the caller. */
export function createTermWriter (db: DatabaseSync, suffix = ''): TermWriter {
  const insert = TABLES.map((table) => {
    return [table, db.prepare(`INSERT INTO ${table}${suffix} (rowid, terms) VALUES (?, ?)`)] as const
  })
  const remove = TABLES.map((table) => db.prepare(`DELETE FROM ${table}${suffix} WHERE rowid = ?`))
  return {
    put (key, fields, tag = '') {
      for (const [table, statement] of insert) {
        const terms = fields[table]
        if (terms.length > 0) statement.run(key, tag + terms.join(` ${tag}`))
      }
    },
    remove (key) {
      for (const statement of remove) statement.run(key)
    }
  }
}

/** A query as it is asked of the tables. */
export interface Asked extends Query {
  /** Of the words, those one of which a document must hold in its text; several in one group: all of them. */
  candidates: Word[][]
  tag: string
}

/** SQL for a common table expression `best (key, score)`, and its values; undefined when nothing is asked for. */
export function rankingOf (
  asked: Asked,
  limit: number,
  suffix = ''
): { sql: string; values: Array<string | number> } | undefined {
  const required = requiredOf(asked)
  const optional = optionalOf(asked)
  if (optional.length === 0) return undefined
  const arms = armsOf(asked, anyOf(optional), required)
  const scores = arms.map(([field, weight]) => {
    const table = field + suffix
    return `SELECT rowid, ${-weight} * bm25(${table}) FROM ${table} WHERE ${table} MATCH ?`
  })
  // Without MATERIALIZED, SQLite looks for each phrase once more for each row.
  const held = required.map((_, index) => `held_${index} (key) AS MATERIALIZED (${holding(suffix)}), `)
  const filter = required.map((_, index) => `${index === 0 ? 'WHERE' : 'AND'} key IN (SELECT key FROM held_${index})`).join(' ')
  return {
    sql: `${held.join('')}scored (key, score) AS MATERIALIZED (${scores.join(' UNION ALL ')}),
      best AS MATERIALIZED (SELECT key, sum(score) AS score FROM scored ${filter} GROUP BY key ORDER BY 2 DESC, key LIMIT ?)`,
    values: [...required.flatMap((match) => FIELDS.map(() => match)), ...arms.map(([, , match]) => match), limit]
  }
}

/**
 * SQL for the keys of what holds a match in any field: the match is asked for once for each
 * of `FIELDS`.
 */
export const holding = (suffix: string): string =>
  FIELDS.map((field) => field + suffix)
    .map((table) => `SELECT rowid FROM ${table} WHERE ${table} MATCH ?`)
    .join(' UNION ALL ')

const inOrder = (terms: readonly string[], tag: string): string => `"${terms.map((term) => tag + term).join(' ')}"`

/** The phrases, each of which a document must hold in one of its languages. */
export const requiredOf = ({ phrases, tag }: Asked): string[] =>
  phrases.map((languages) => anyOf(languages.map((terms) => inOrder(terms, tag))))

/** What counts in every field: the words, and the phrases. */
const optionalOf = ({ words, phrases, tag }: Asked): string[] => [
  ...words.flatMap((word) => termsOf(word, tag)),
  ...phrases.flat().filter(({ length }) => length > 1).map((terms) => inOrder(terms, tag))
]

/** What is asked of which field, and what its BM25 counts. */
type Arm = [field: Field, weight: number, match: string]

/** Each term, pair and phrase by itself, with its field and weight. */
export function singleArms (asked: Asked): Arm[] {
  const { pairs, splits, forms, tag } = asked
  const body = (weight: number) => (match: string): Arm => ['body', weight, match]
  const inEach = (match: string) => FIELDS.map((field): Arm => [field, WEIGHTS[field], match])
  return [
    ...optionalOf(asked).flatMap(inEach),
    ...[...pairs, ...splits].map((terms) => inOrder(terms, tag)).map(body(PAIR_WEIGHT)),
    ...forms.flatMap((form) => termsOf(form, tag)).map(body(WEIGHTS.forms))
  ]
}

function armsOf (
  { words, pairs, forms, splits, candidates, tag }: Asked,
  any: string,
  required: readonly string[]
): Arm[] {
  const isNarrow = candidates.length > 0 && (candidates.length < words.length || candidates.some(({ length }) => length > 1))
  const groups = candidates.map((group) => allOf(group.map((word) => anyOf(termsOf(word, tag)))))
  const narrow = isNarrow ? anyOf(groups) : undefined
  const nextTo = [...pairs, ...splits].map((terms) => inOrder(terms, tag))
  const others = forms.flatMap((form) => termsOf(form, tag))
  const within = (match: string) => allOf([...required, ...(narrow ? [narrow] : []), match])
  return [
    ...FIELDS.map((field): Arm => [field, WEIGHTS[field], field === 'body' ? within(any) : any]),
    // Asked for twice, candidates were counted twice.
    ...(narrow ? [['body', -WEIGHTS.body, narrow] as Arm] : []),
    ...(nextTo.length > 0 ? [['body', PAIR_WEIGHT, within(anyOf(nextTo))] as Arm] : []),
    ...(others.length > 0 ? [['body', WEIGHTS.forms, within(anyOf(others))] as Arm] : [])
  ]
}

const termsOf = ({ terms, isPrefix }: Word, tag: string): string[] => terms.map((term) => `"${tag}${term}"${isPrefix ? '*' : ''}`)
export const anyOf = (terms: readonly string[]): string => `(${terms.join(' OR ')})`
const allOf = (terms: readonly string[]): string => terms.join(' AND ')
