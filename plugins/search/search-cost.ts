// What a search costs, in postings that FTS5 reads, before it is made. The estimate itself is bounded: words that
// everybody shares are counted up to a limit, over all of one query together.
import { isSpaceless, type Query } from './tokenize.ts'
import type { TermStatistics } from './fts5-terms.ts'

/** Postings that a search reads before it is heavy: some 30 ms. */
export const MAX_LIGHT_POSTINGS = 300_000
/** Postings that are counted for one query before it counts as heavy: 5 to 20 ms. */
export const MAX_COUNTED_POSTINGS = 50_000
/** A pair of neighboring words is looked up if one of them has fewer postings. */
const MAX_PAIR_POSTINGS = 2_000

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

/** Counts postings for one query. Infinite once it has counted {@link MAX_COUNTED_POSTINGS} in all. */
function createBoundedCount ({ countPostings }: Pick<TermStatistics, 'countPostings'>) {
  let left = MAX_COUNTED_POSTINGS
  return (word: string, isPrefix: boolean): number => {
    if (left <= 0) return Infinity
    const found = countPostings(word, isPrefix, left)
    left -= found
    return left <= 0 ? Infinity : found
  }
}

/**
 * For an index that one operator fills: the frequencies of words are exact, and cached.
 * A required phrase is read twice: to find, and to rank.
 */
export function costInDocuments ({ words, pairs, phrases, prefixes }: Query, terms: TermStatistics): number {
  const count = createBoundedCount(terms)
  return sum([
    ...words.map((word) => (isSpaceless(word) ? count(word, true) : terms.postings(word))),
    ...pairs.flat().map(terms.postings),
    ...phrases.flat().map((word) => 2 * terms.postings(word)),
    ...prefixes.map((prefix) => count(prefix, true))
  ])
}

/**
 * For an index that many people share, none of whom may make the estimate slow for others. FTS5 skips other people's
 * postings of a word, but not those of a prefix or a phrase, so only words are bounded by what the person has written.
 * @param ownCharacters of all notes of the person who searches.
 */
export function costInNotes ({ words, phrases, prefixes }: Query, terms: TermStatistics, ownCharacters: number): number {
  const count = createBoundedCount(terms)
  const spaceless = words.filter(isSpaceless)
  const split = words.filter((word) => !isSpaceless(word) && !terms.isSingleTerm(word))
  const plain = words.filter((word) => !spaceless.includes(word) && !split.includes(word))
  const shared = sum([
    ...[...spaceless, ...prefixes].map((word) => count(word, true)),
    ...[...new Set([...split, ...phrases.flat()])].map((word) => count(word, false))
  ])
  const own = sum(plain.map((word) => ownCharacters / (word.length + 1)))
  return shared + (own <= MAX_LIGHT_POSTINGS ? own : sum(plain.map((word) => count(word, false))))
}

/** Whether a pair is worth its lookup among notes: with a rare word it takes few reads, whoever wrote the other one. */
export const isSelectiveInNotes = (terms: Pick<TermStatistics, 'countPostings'>) => (pair: readonly string[]): boolean =>
  pair.some((word) => terms.countPostings(word, false, MAX_PAIR_POSTINGS) < MAX_PAIR_POSTINGS)
