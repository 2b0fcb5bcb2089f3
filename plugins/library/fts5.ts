// How SQLite's FTS5 is asked and filled, for every store that stands on it.
import { isSpaceless, parseQuery, type Query } from './words.ts'

/** Porter stemming ranked best of all that was tried; accents do not count. */
export const TOKENIZER = 'porter unicode61 remove_diacritics 2'

/** Quoted, a word is only a word to FTS5. Where the cut between words was a guess, it may also be the beginning of one. */
const term = (word: string): string => isSpaceless(word) ? `"${word}"*` : `"${word}"`
const phrase = (words: readonly string[]): string => `"${words.join(' ')}"`

/**
 * @returns what stands after MATCH, with the query that it says; undefined when nothing is asked for. One of the words is
 * enough, and more of them rank higher; a phrase must be there.
 */
export function matchExpression (text: string): { match: string, query: Query } | undefined {
  const query = parseQuery(text)
  const any = [...query.words.map(term), ...query.prefixes.map((prefix) => `"${prefix}"*`), ...query.pairs.map(phrase), ...query.phrases.map(phrase)]
  if (any.length === 0) return undefined
  return { match: [...query.phrases.map(phrase), `(${any.join(' OR ')})`].join(' AND '), query }
}
