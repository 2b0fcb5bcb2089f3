// How SQLite's FTS5 is asked and filled, for every store that stands on it.
import type { DatabaseSync } from 'node:sqlite'
import { candidatesOf, isSelective } from './candidates.ts'
import { MAX_LIGHT_PLACES } from '../library/heavy-search.ts'
import { fold, stem } from './stem.ts'
import { isSpaceless, parseQuery, type Query } from './tokenize.ts'

/** Porter stemming ranked best of all that was tried; accents do not count. */
export const TOKENIZER = 'porter unicode61 remove_diacritics 2'

/**
 * Quoted, a word is only a word to FTS5. Where the cut between words was a guess, it may also be the beginning of one.
 */
const term = (word: string): string => (isSpaceless(word) ? `"${word}"*` : `"${word}"`)
const phrase = (words: readonly string[]): string => `"${words.join(' ')}"`

/**
 * @param found how many documents hold a word, roughly; without it all that hold any word are ranked.
 * @returns what stands after MATCH, with the query that it says; undefined when nothing is asked for. One of the words
 * is
 * enough, and more of them rank higher; a phrase must be there.
 */
export function matchExpression (
  text: string,
  found?: (word: string) => number
): { match: string; query: Query } | undefined {
  const query = parseQuery(text)
  const beginnings = query.prefixes.map((prefix) => `"${prefix}"*`)
  const pairs = found ? query.pairs.filter((pair) => isSelective(pair, found)) : query.pairs
  const any = [...query.words.map(term), ...beginnings, ...pairs.map(phrase), ...query.phrases.map(phrase)]
  if (any.length === 0) return undefined
  const enough = found && query.phrases.length === 0 ? candidatesOf(query.words, found) : query.words
  const required =
    enough.length < query.words.length ? [anyOf([...enough.map(term), ...beginnings])] : query.phrases.map(phrase)
  return { match: [...required, anyOf(any)].join(' AND '), query }
}

const anyOf = (terms: readonly string[]): string => `(${terms.join(' OR ')})`

export interface Counter {
  /** How many documents hold a word. */
  found(word: string): number
  /** How many times a word stands in all of them; for a beginning, all words that begin so. */
  places(word: string): number
  placesOfBeginning(beginning: string): number
  forget(): void
}

/** Counts roughly, for {@link matchExpression} and {@link placesOf}. @param db whose table `words` is the index. */
export function createCounter (db: DatabaseSync): Counter {
  db.exec("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab('main', 'words', 'row')")
  const one = db.prepare('SELECT doc, cnt FROM temp.vocabulary WHERE term = ?')
  const range = db.prepare('SELECT cnt FROM temp.vocabulary WHERE term >= ? AND term < ?')
  const known = new Map<string, { doc: number; cnt: number }>()
  const remember = (key: string, read: () => { doc: number; cnt: number }) => {
    const before = known.get(key)
    if (before) return before
    if (known.size >= MAX_CACHED) known.clear()
    const counts = read()
    known.set(key, counts)
    return counts
  }
  const count = (word: string) => {
    const term = stem(fold(word))
    return remember(term, () => (one.get(term) ?? { doc: 0, cnt: 0 }) as { doc: number; cnt: number })
  }
  return {
    found: (word) => count(word).doc,
    places: (word) => count(word).cnt,
    placesOfBeginning (beginning) {
      const from = fold(beginning)
      return remember(`${from}*`, () => {
        let cnt = 0
        for (const row of range.iterate(from, `${from}\u{10ffff}`)) {
          cnt += row['cnt'] as number
          if (cnt > MAX_LIGHT_PLACES) break
        }
        return { doc: 0, cnt }
      }).cnt
    },
    forget: () => known.clear()
  }
}

export type Places = Pick<Counter, 'places' | 'placesOfBeginning'>

/** About how many places of words a search looks at. What must be there is looked for twice: to find, and to rank. */
export function placesOf ({ words, pairs, phrases, prefixes }: Query, { places, placesOfBeginning }: Places): number {
  const ofWord = (word: string) => (isSpaceless(word) ? placesOfBeginning(word) : places(word))
  const sum = (list: readonly string[], count: (word: string) => number) =>
    list.reduce((total, word) => total + count(word), 0)
  return (
    sum(words, ofWord) + sum(pairs.flat(), places) + 2 * sum(phrases.flat(), places) + sum(prefixes, placesOfBeginning)
  )
}

/** Counting takes as long as a word is common, and the counts change slowly. */
const MAX_CACHED = 10_000
