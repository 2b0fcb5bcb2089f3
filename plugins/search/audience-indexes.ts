// Ranks over the indexes of several audiences as over one. FTS5 knows how rare a term is in
// its own tables alone, where a word that all documents of a small audience hold would
// count for nothing; so each term is scored apart, and weighted by how rare it is in all
// indexes that the caller may see.
// Tested in test/plugins/library/audiences.test.ts.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { FIELDS, type Field } from './fields.ts'
import { anyOf, holding, requiredOf, singleArms, suffixOf, WHOLE, type Asked } from './fts5.ts'
import type { Language } from './languages.ts'
import { createRowCounter, createStatistics, type Statistics } from './statistics.ts'

/**
 * So many rows are scored apart, in the smallest indexes; the others are large enough for
 * FTS5's own weights.
 */
const MAX_APART = 6_000

/** The languages of an audience's documents, with one look-up for each. */
const LANGUAGES = `
  WITH RECURSIVE spoken (language) AS (
    SELECT min(language) FROM documents WHERE audience = ?1
    UNION ALL
    SELECT (SELECT min(language) FROM documents WHERE audience = ?1 AND language > spoken.language)
    FROM spoken WHERE language IS NOT NULL
  )
  SELECT language FROM spoken WHERE language IS NOT NULL
`

interface Score {
  key: number
  score: number
}

/** The documents of one audience. */
export interface Index extends Statistics {
  /** Of the names of its tables. */
  suffix: string
  /** How many rows a field has. */
  rows(field: Field): number
  /** How many rows of a field hold a match. */
  count(field: Field, match: string): number
  /** Whether a row of a field holds a match. */
  holds(field: Field, match: string): boolean
  /** @param match one term or phrase. */
  scores(field: Field, match: string): Score[]
  /** The keys of what holds all of these in some field. */
  holding(matches: readonly string[]): Set<number>
}

export interface Indexes {
  /** The numbers of the audiences that are there now. */
  existing(): ReadonlySet<number>
  /** Those that are to be searched: of each audience, or for whom nothing is hidden the one over all. */
  of(audiences: readonly number[], isAll: boolean): Index[]
  /** Of the documents of these audiences. */
  languages(audiences: readonly number[]): Language[]
}

/** Whether there is an index over all audiences, and it is filled. */
const IS_WHOLE = 'SELECT 1 FROM whole WHERE filled >= until'

/** @param db its own connection. What was opened once is kept as long as it exists. */
export function openIndexes (db: DatabaseSync): Indexes {
  const opened = { each: new Map<number, Index>(), whole: undefined as Index | undefined }
  const whole = db.prepare(IS_WHOLE)
  const spoken = db.prepare(LANGUAGES)
  const existing = db.prepare('SELECT key FROM audiences')
  return {
    existing () {
      const keys = new Set([0, ...existing.all().map(({ key }) => key as number)])
      for (const key of opened.each.keys()) if (!keys.has(key)) opened.each.delete(key)
      return keys
    },
    of (audiences, isAll) {
      if (isAll && whole.get() !== undefined) return [(opened.whole ??= openIndex(db, WHOLE))]
      return audiences.map((audience) => {
        const index = opened.each.get(audience) ?? openIndex(db, suffixOf(audience))
        opened.each.set(audience, index)
        return index
      })
    },
    languages: (audiences) => [
      ...new Set(audiences.flatMap((key) => spoken.all(key).map(({ language }) => language as Language)))
    ].sort()
  }
}

function openIndex (db: DatabaseSync, suffix: string): Index {
  const prepared = (columns: (table: string) => string): Map<Field, StatementSync> =>
    new Map(FIELDS.map((field) => {
      const table = field + suffix
      return [field, db.prepare(`SELECT ${columns(table)} FROM ${table} WHERE ${table} MATCH ?`)]
    }))
  const scores = prepared((table) => `rowid AS key, -bm25(${table}) AS score`)
  const one = prepared(() => 'rowid')
  const counts = prepared(() => 'count(*) AS n')
  const held = db.prepare(holding(suffix))
  const keysOf = (match: string) =>
    new Set(held.all(...FIELDS.map(() => match)).map((row) => row['rowid'] as number))
  return {
    ...createStatistics(db, suffix),
    suffix,
    rows: createRowCounter(db, suffix),
    holds: (field, match) => one.get(field)!.get(match) !== undefined,
    count: (field, match) => counts.get(field)!.get(match)!['n'] as number,
    scores: (field, match) => scores.get(field)!.all(match) as unknown as Score[],
    holding: (matches) => matches.map(keysOf).reduce((all, keys) => all.intersection(keys))
  }
}

/**
 * @returns the indexes whose terms are scored apart, and the others. One index alone is
 * scored by FTS5.
 */
export function divide (indexes: readonly Index[], { words }: Asked): [small: Index[], large: Index[]] {
  const terms = words.flatMap(({ terms }) => terms)
  const sizes = indexes.map((index) => ({
    index,
    found: terms.reduce((sum, term) => sum + index.documentFrequency(term), 0)
  }))
  let left = indexes.length === 1 ? -1 : MAX_APART
  const small = new Set<Index>()
  for (const { index, found } of sizes.sort((a, b) => a.found - b.found)) {
    if ((left -= found) >= 0) small.add(index)
  }
  return [[...small], indexes.filter((index) => !small.has(index))]
}

/** The best of the small indexes. @param large count for how rare a term is. */
export function scoreTogether (
  small: readonly Index[],
  large: readonly Index[],
  asked: Asked,
  limit: number
): Score[] {
  const required = requiredOf(asked)
  const held = new Map(required.length === 0 ? [] : small.map((index) => [index, index.holding(required)]))
  const total = new Map<number, number>()
  const arms = singleArms(asked)
  // Most small indexes hold none of the words in their titles, headings or paths: one look-up says so.
  const candidates = new Map(FIELDS.map((field) => {
    const any = anyOf(arms.filter(([of]) => of === field).map(([, , match]) => match))
    return [field, field === 'body' || any === '()' ? small : small.filter((index) => index.holds(field, any))]
  }))
  for (const [field, weight, match] of arms) {
    const found = candidates.get(field)!
      .map((index) => ({ index, scores: index.scores(field, match) }))
      .filter(({ scores }) => scores.length > 0)
    if (found.length === 0) continue
    const rows = sum([...small, ...large], (index) => index.rows(field))
    const holding = sum(found, ({ scores }) => scores.length) + sum(large, (index) => index.count(field, match))
    for (const { index, scores } of found) {
      const factor = (weight * rarity(rows, holding)) / rarity(index.rows(field), scores.length)
      for (const { key, score } of scores) {
        if (held.get(index)?.has(key) ?? true) total.set(key, (total.get(key) ?? 0) + factor * score)
      }
    }
  }
  return Array.from(total, ([key, score]) => ({ key, score }))
    .sort((a, b) => b.score - a.score || a.key - b.key)
    .slice(0, limit)
}

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0)

/** The inverse document frequency of FTS5's BM25 (fts5_aux.c). */
const rarity = (rows: number, holding: number): number => {
  const idf = Math.log((rows - holding + 0.5) / (holding + 0.5))
  return idf > 0 ? idf : 1e-6
}
