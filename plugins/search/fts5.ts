// How SQLite's FTS5 is queried, for documents and notes: the tokenizer of the index, and the MATCH expression of a query.
import { candidatesOf } from './candidates.ts'
import { isSpaceless, parseQuery, type Query } from './tokenize.ts'

/** Porter stemming ranked best of all that was tried; accents do not count. */
export const TOKENIZER = 'porter unicode61 remove_diacritics 2'

/** Quoted, a word is only a word to FTS5. Where the cut between words was a guess, it may also be a prefix. */
const term = (word: string): string => (isSpaceless(word) ? `"${word}"*` : `"${word}"`)
const phrase = (words: readonly string[]): string => `"${words.join(' ')}"`
const anyOf = (terms: readonly string[]): string => `(${terms.join(' OR ')})`

export interface MatchOptions {
  /** How many documents hold a word; without it every document that holds any of the words is ranked. */
  documentFrequency?(word: string): number
  /** Whether a pair of neighboring words is worth its lookup. */
  isSelective(pair: readonly [string, string]): boolean
}

/**
 * @returns the right side of MATCH, and the query it expresses; undefined when nothing is asked for. One of the words is
 * enough, and more of them rank higher; a phrase is required.
 */
export function matchExpression (
  text: string,
  { documentFrequency, isSelective }: MatchOptions
): { match: string; query: Query } | undefined {
  const parsed = parseQuery(text)
  const query = { ...parsed, pairs: parsed.pairs.filter(isSelective) }
  const { words, pairs, phrases } = query
  const prefixes = query.prefixes.map((prefix) => `"${prefix}"*`)
  const optional = [...words.map(term), ...prefixes, ...pairs.map(phrase), ...phrases.map(phrase)]
  if (optional.length === 0) return undefined
  const candidates = documentFrequency && phrases.length === 0 ? candidatesOf(words, documentFrequency) : words
  const required =
    candidates.length < words.length ? [anyOf([...candidates.map(term), ...prefixes])] : phrases.map(phrase)
  return { match: [...required, anyOf(optional)].join(' AND '), query }
}
