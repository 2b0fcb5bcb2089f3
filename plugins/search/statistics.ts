// What an FTS5 index says about its terms, within bounds: how many documents hold one, and how many places there are for
// the beginning of one.
// Tested in test/plugins/search/worker.test.ts.
import type { DatabaseSync } from 'node:sqlite'
import { corrected, isSpelled, MAX_CORRECTED, spellingsNear, type Spelling } from './correct.ts'
import { FIELDS } from './fields.ts'
import type { Language } from './languages.ts'
import type { Word } from './tokenize.ts'

export interface Statistics {
  /** How many texts hold a term. Exact and cached; takes as long as the term is frequent. */
  documentFrequency(term: string): number
  /** Texts in the index, roughly. */
  documents(): number
  /** Whether any field of any document holds it. */
  isKnown(term: string): boolean
  /** Places in all texts of the terms that begin so, counted up to `limit`. */
  countBeginning(beginning: string, limit: number): number
  /** The words of texts that begin so, as they are spelled. @param shortest characters, as `longest`. */
  spellings(beginning: string, shortest: number, longest: number): Spelling[]
}

const MAX_CACHED = 10_000
/** Every term that begins with a text sorts before the text with this character added. */
const LAST_CHARACTER = '\u{10ffff}'

/** @param db a connection of its own, which sees the changes of others: then nothing that is cached counts any more. */
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
    isKnown: (term) => known.some((statement) => statement.get(term) !== undefined),
    countBeginning: (beginning, limit) => count.get(beginning, beginning + LAST_CHARACTER, limit)!['n'] as number,
    spellings: (beginning, shortest, longest) =>
      range.all(beginning, beginning + LAST_CHARACTER, shortest, longest) as unknown as Spelling[]
  }
}

/** @returns the words, with what was meant beside those that nobody wrote. */
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
