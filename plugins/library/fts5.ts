// How SQLite's FTS5 is asked and filled, for every store that stands on it.
import type { DatabaseSync } from 'node:sqlite'
import { enoughOf, tells } from './enough.ts'
import { fold, stem } from './stem.ts'
import { isSpaceless, parseQuery, type Query } from './words.ts'

/** Porter stemming ranked best of all that was tried; accents do not count. */
export const TOKENIZER = 'porter unicode61 remove_diacritics 2'

/** Quoted, a word is only a word to FTS5. Where the cut between words was a guess, it may also be the beginning of one. */
const term = (word: string): string => isSpaceless(word) ? `"${word}"*` : `"${word}"`
const phrase = (words: readonly string[]): string => `"${words.join(' ')}"`

/**
 * @param found how many documents hold a word, roughly; without it all that hold any word are ranked.
 * @returns what stands after MATCH, with the query that it says; undefined when nothing is asked for. One of the words is
 * enough, and more of them rank higher; a phrase must be there.
 */
export function matchExpression (text: string, found?: (word: string) => number): { match: string, query: Query } | undefined {
  const query = parseQuery(text)
  const beginnings = query.prefixes.map((prefix) => `"${prefix}"*`)
  const pairs = found ? query.pairs.filter((pair) => tells(pair, found)) : query.pairs
  const any = [...query.words.map(term), ...beginnings, ...pairs.map(phrase), ...query.phrases.map(phrase)]
  if (any.length === 0) return undefined
  const enough = found && query.phrases.length === 0 ? enoughOf(query.words, found) : query.words
  const required = enough.length < query.words.length ? [anyOf([...enough.map(term), ...beginnings])] : query.phrases.map(phrase)
  return { match: [...required, anyOf(any)].join(' AND '), query }
}

const anyOf = (terms: readonly string[]): string => `(${terms.join(' OR ')})`

/** Counts the documents that hold a word, for {@link matchExpression}. @param db whose table `words` is the index. */
export function createCounter (db: DatabaseSync): { found (word: string): number, forget (): void } {
  db.exec("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab('main', 'words', 'row')")
  const count = db.prepare('SELECT doc FROM temp.vocabulary WHERE term = ?')
  const known = new Map<string, number>()
  return {
    found (word) {
      const term = stem(fold(word))
      let documents = known.get(term)
      if (documents === undefined) {
        documents = (count.get(term)?.['doc'] ?? 0) as number
        if (known.size >= KEPT) known.clear()
        known.set(term, documents)
      }
      return documents
    },
    forget: () => known.clear()
  }
}

/** Counting takes as long as a word is common, and the counts change slowly. */
const KEPT = 10_000
