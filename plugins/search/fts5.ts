// The index in SQLite's FTS5, for documents and notes: one table of terms for each field, and the SQL that ranks a query.
import type { DatabaseSync } from 'node:sqlite'
import { FIELDS, PAIR_WEIGHT, WEIGHTS, type Field, type Fields } from './fields.ts'
import type { Query, Word } from './tokenize.ts'

const TABLES = [...FIELDS, 'spellings'] as const

/** Drops the tables and creates them again. */
export const FTS5_SCHEMA = TABLES.map(
  (table) => `
  DROP TABLE IF EXISTS ${table};
  CREATE VIRTUAL TABLE ${table} USING fts5 (terms, content='', contentless_delete=1, tokenize='ascii'${table === 'spellings' ? ', detail=none' : ''});
`
).join('')

export interface TermWriter {
  /** @param tag precedes each term: a search with the same tag finds nothing else. */
  put(key: number, fields: Fields, tag?: string): void
  remove(key: number): void
}

/** In the transaction of the caller. */
export function createTermWriter (db: DatabaseSync): TermWriter {
  const insert = TABLES.map((table) => [table, db.prepare(`INSERT INTO ${table} (rowid, terms) VALUES (?, ?)`)] as const)
  const remove = TABLES.map((table) => db.prepare(`DELETE FROM ${table} WHERE rowid = ?`))
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
export function rankingOf (asked: Asked, limit: number): { sql: string; values: Array<string | number> } | undefined {
  const { words, phrases, tag } = asked
  const inOrder = (terms: readonly string[]) => `"${terms.map((term) => tag + term).join(' ')}"`
  const required = phrases.map((languages) => anyOf(languages.map(inOrder)))
  const optional = [...words.flatMap((word) => termsOf(word, tag)), ...phrases.flat().filter(({ length }) => length > 1).map(inOrder)]
  if (optional.length === 0) return undefined
  const arms = armsOf(asked, anyOf(optional), required, inOrder)
  const scores = arms.map(([field, weight]) => `SELECT rowid, ${-weight} * bm25(${field}) FROM ${field} WHERE ${field} MATCH ?`)
  const holds = FIELDS.map((field) => `SELECT rowid FROM ${field} WHERE ${field} MATCH ?`).join(' UNION ALL ')
  // Without MATERIALIZED, SQLite looks for each phrase once more for each row.
  const held = required.map((_, index) => `held_${index} (key) AS MATERIALIZED (${holds}), `)
  const filter = required.map((_, index) => `${index === 0 ? 'WHERE' : 'AND'} key IN (SELECT key FROM held_${index})`).join(' ')
  return {
    sql: `${held.join('')}scored (key, score) AS MATERIALIZED (${scores.join(' UNION ALL ')}),
      best AS MATERIALIZED (SELECT key, sum(score) AS score FROM scored ${filter} GROUP BY key ORDER BY 2 DESC, key LIMIT ?)`,
    values: [...required.flatMap((match) => FIELDS.map(() => match)), ...arms.map(([, , match]) => match), limit]
  }
}

/** What is asked of which field, and what its BM25 counts. */
function armsOf (
  { words, pairs, forms, splits, candidates, tag }: Asked,
  any: string,
  required: readonly string[],
  inOrder: (terms: readonly string[]) => string
): Array<[Field, number, string]> {
  const isNarrow = candidates.length > 0 && (candidates.length < words.length || candidates.some(({ length }) => length > 1))
  const groups = candidates.map((group) => allOf(group.map((word) => anyOf(termsOf(word, tag)))))
  const narrow = isNarrow ? anyOf(groups) : undefined
  const others = forms.flatMap((form) => termsOf(form, tag))
  const within = (match: string) => allOf([...required, ...(narrow ? [narrow] : []), match])
  return [
    ...FIELDS.map((field): [Field, number, string] => [field, WEIGHTS[field], field === 'body' ? within(any) : any]),
    // Asked for twice, candidates were counted twice.
    ...(narrow ? [['body', -WEIGHTS.body, narrow] as [Field, number, string]] : []),
    ...(pairs.length + splits.length > 0
      ? [['body', PAIR_WEIGHT, within(anyOf([...pairs, ...splits].map(inOrder)))] as [Field, number, string]]
      : []),
    ...(others.length > 0
      ? [['body', WEIGHTS.forms, within(anyOf(others))] as [Field, number, string]]
      : [])
  ]
}

const termsOf = ({ terms, isPrefix }: Word, tag: string): string[] => terms.map((term) => `"${tag}${term}"${isPrefix ? '*' : ''}`)
const anyOf = (terms: readonly string[]): string => `(${terms.join(' OR ')})`
const allOf = (terms: readonly string[]): string => terms.join(' AND ')
