// Reads statistics of terms from an FTS5 index, within bounds: how many documents hold a term, and how many places a
// prefix has.
// Tested in test/plugins/search/worker.test.ts.
import type { DatabaseSync } from 'node:sqlite'
import { corrected, isSpelled, MAX_CORRECTED, spellingsNear, type Spelling } from './correct.ts'
import type { Term } from './compounds.ts'
import { FIELDS } from './fields.ts'
import type { Language } from './languages.ts'
import type { Word } from './tokenize.ts'

export interface Statistics {
  /** How many texts hold a term. Exact and cached; the time grows with the frequency of the term. */
  documentFrequency(term: string): number
  /** Approximate number of texts in the index. */
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
/** Every term with a prefix sorts before the prefix followed by this character. */
const LAST_CHARACTER = '\u{10ffff}'

/** @param db its own connection, which sees the commits of others: each of them invalidates what is cached. */
export function createStatistics (db: DatabaseSync): Statistics {
  for (const field of FIELDS) db.exec(`CREATE VIRTUAL TABLE temp.${field}_terms USING fts5vocab('main', '${field}', 'row')`)
  db.exec("CREATE VIRTUAL TABLE temp.spelled USING fts5vocab('main', 'spellings', 'row')")
  db.exec("CREATE VIRTUAL TABLE temp.places USING fts5vocab('main', 'body', 'instance')")
  const frequency = db.prepare('SELECT doc FROM temp.body_terms WHERE term = ?')
  const known = FIELDS.map((field) => db.prepare(`SELECT 1 FROM temp.${field}_terms WHERE term = ?`))
  const count = db.prepare('SELECT count(*) AS n FROM (SELECT 1 FROM temp.places WHERE term >= ? AND term < ? LIMIT ?)')
  const range = db.prepare('SELECT term AS word, doc AS documents FROM temp.spelled WHERE term >= ? AND term < ? AND length(term) BETWEEN ? AND ?')
  const last = db.prepare('SELECT rowid FROM body ORDER BY rowid DESC LIMIT 1')
  const version = db.prepare('PRAGMA data_version')
  const cache = new Map<string, number>()
  let cachedVersion: unknown

  const isKnown = (term: string) => known.some((statement) => statement.get(term) !== undefined)
  const countPrefix = (prefix: string, limit: number) => count.get(prefix, prefix + LAST_CHARACTER, limit)!['n'] as number

  return {
    documentFrequency (term) {
      const current = version.get()!['data_version']
      if (current !== cachedVersion || cache.size >= MAX_CACHED) cache.clear()
      cachedVersion = current
      const cached = cache.get(term)
      if (cached !== undefined) return cached
      const found = (frequency.get(term)?.['doc'] ?? 0) as number
      cache.set(term, found)
      return found
    },
    documents: () => (last.get()?.['rowid'] ?? 0) as number,
    isKnown,
    occurs: ({ term, isPrefix }) => (isPrefix ? countPrefix(term, 1) > 0 : isKnown(term)),
    countPrefix,
    spellings: (prefix, shortest, longest) =>
      range.all(prefix, prefix + LAST_CHARACTER, shortest, longest) as unknown as Spelling[]
  }
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
