// Reads statistics of terms from FTS5 indexes, within bounds: how many documents hold a
// term, and how many places a prefix has. Those of several indexes are read as of one, so
// that nothing counts but what a caller may see.
// Tested in test/plugins/search/worker.test.ts and test/plugins/library/audiences.test.ts.
import type { DatabaseSync } from 'node:sqlite'
import { corrected, isSpelled, MAX_CORRECTED, spellingsNear, type Spelling } from './correct.ts'
import type { Term } from './compounds.ts'
import { FIELDS, type Field } from './fields.ts'
import type { Language } from './languages.ts'
import type { Word } from './tokenize.ts'

export interface Statistics {
  /** How many texts hold a term. Exact and cached; the time grows with the frequency of the term. */
  documentFrequency(term: string): number
  /** Number of texts in the index. */
  documents(): number
  /** Whether any field of any document holds the term. */
  isKnown(term: string): boolean
  /** The same for a prefix as well, in texts. */
  occurs(term: Term): boolean
  /** How many places in all texts the terms with this prefix have, counted up to `limit`. */
  countPrefix(prefix: string, limit: number): number
  /** The words of texts with this prefix, by their spelling. @param shortest in characters, like `longest`. */
  spellings(prefix: string, shortest: number, longest: number): Spelling[]
}

const MAX_CACHED = 10_000
/** The fields that hold every term: those of titles and headings are in the text as well (`fields.ts`). */
const KNOWING: readonly Field[] = ['body', 'paths', 'forms']
/** Every term with a prefix sorts before the prefix followed by this character. */
const LAST_CHARACTER = '\u{10ffff}'

/**
 * @param db its own connection, which sees the commits of others.
 * @param suffix of the tables.
 */
export function createStatistics (db: DatabaseSync, suffix = ''): Statistics {
  const view = (name: string, of: string, kind: 'row' | 'instance') =>
    db.exec(`CREATE VIRTUAL TABLE IF NOT EXISTS ${name} USING fts5vocab('main', '${of}${suffix}', '${kind}')`)
  view(`temp.body${suffix}_terms`, 'body', 'row')
  view(`temp.spelled${suffix}`, 'spellings', 'row')
  view(`temp.places${suffix}`, 'body', 'instance')
  const frequency = db.prepare(`SELECT doc FROM temp.body${suffix}_terms WHERE term = ?`)
  const known = KNOWING.map((field) => field + suffix).map((table) =>
    db.prepare(`SELECT 1 FROM ${table} WHERE ${table} MATCH ? LIMIT 1`))
  const count = db.prepare(`
    SELECT count(*) AS n FROM (SELECT 1 FROM temp.places${suffix} WHERE term >= ? AND term < ? LIMIT ?)
  `)
  const range = db.prepare(`
    SELECT term AS word, doc AS documents FROM temp.spelled${suffix}
    WHERE term >= ? AND term < ? AND length(term) BETWEEN ? AND ?
  `)
  const version = db.prepare('PRAGMA data_version')
  const rows = createRowCounter(db, suffix)
  const cache = new Map<string, number>()
  let cachedVersion: unknown

  const isKnown = (term: string) => known.some((statement) => statement.get(`"${term}"`) !== undefined)
  const countPrefix = (prefix: string, limit: number) => count.get(prefix, prefix + LAST_CHARACTER, limit)!['n'] as number

  return {
    documentFrequency (term) {
      // Each commit of others invalidates what is cached.
      const current = version.get()!['data_version']
      if (current !== cachedVersion || cache.size >= MAX_CACHED) cache.clear()
      cachedVersion = current
      const cached = cache.get(term)
      if (cached !== undefined) return cached
      const found = (frequency.get(term)?.['doc'] ?? 0) as number
      cache.set(term, found)
      return found
    },
    documents: () => rows('body'),
    isKnown,
    occurs: ({ term, isPrefix }) => (isPrefix ? countPrefix(term, 1) > 0 : isKnown(term)),
    countPrefix,
    spellings: (prefix, shortest, longest) =>
      range.all(prefix, prefix + LAST_CHARACTER, shortest, longest) as unknown as Spelling[]
  }
}

/** What several indexes hold together. */
export function together (all: readonly Statistics[]): Statistics {
  if (all.length === 1) return all[0]!
  const sum = (of: (one: Statistics) => number) => all.reduce((total, one) => total + of(one), 0)
  return {
    documentFrequency: (term) => sum((one) => one.documentFrequency(term)),
    documents: () => sum((one) => one.documents()),
    isKnown: (term) => all.some((one) => one.isKnown(term)),
    occurs: (term) => all.some((one) => one.occurs(term)),
    countPrefix: (prefix, limit) =>
      all.reduce((found, one) => found + (found < limit ? one.countPrefix(prefix, limit - found) : 0), 0),
    spellings (prefix, shortest, longest) {
      const documents = new Map<string, number>()
      for (const { word, documents: more } of all.flatMap((one) => one.spellings(prefix, shortest, longest))) {
        documents.set(word, (documents.get(word) ?? 0) + more)
      }
      return Array.from(documents, ([word, documents]) => ({ word, documents }))
        .sort((a, b) => (a.word < b.word ? -1 : 1))
    }
  }
}

/**
 * How many rows BM25 takes a field to have: the first number of FTS5's record of averages
 * (fts5_storage.c).
 */
export function createRowCounter (db: DatabaseSync, suffix: string): (field: Field) => number {
  const record = (field: Field) => db.prepare(`SELECT block FROM ${field}${suffix}_data WHERE id = 1`)
  const records = new Map(FIELDS.map((field) => [field, record(field)]))
  return (field) => {
    const block = records.get(field)!.get()?.['block'] as Uint8Array | undefined
    return block ? varint(block) : 0
  }
}

/** A number as SQLite writes it: seven bits a byte, the last one without the eighth. */
function varint (bytes: Uint8Array): number {
  let value = 0
  for (const byte of bytes) {
    value = value * 128 + (byte & 127)
    if (byte < 128) break
  }
  return value
}

/** @returns the words, with corrections of those that do not occur. */
export function correctAll (
  words: readonly Word[],
  languages: readonly Language[],
  { isKnown, spellings }: Pick<Statistics, 'isKnown' | 'spellings'>
): Word[] {
  let left = MAX_CORRECTED
  return words.map((word) => {
    if (word.isPrefix || left === 0 || !isSpelled(word.word) || word.terms.some(isKnown)) return word
    left--
    const { letters, shortest, longest } = spellingsNear(word.word)
    return corrected(word, letters.flatMap((letter) => spellings(letter, shortest, longest)), languages)
  })
}
