// How text and queries become words for a full-text engine that knows only spaces: shared by every store, so that both
// sides are cut alike.

/** Scripts written without spaces between words. */
const SPACELESS =
  '\\p{scx=Han}\\p{scx=Hiragana}\\p{scx=Katakana}\\p{scx=Thai}\\p{scx=Lao}\\p{scx=Khmer}\\p{scx=Myanmar}'
const SPACELESS_RUN = new RegExp(`[${SPACELESS}]+`, 'gu')
const SPACELESS_START = new RegExp(`^[${SPACELESS}]`, 'u')
const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu

/** Each word costs a look-up in the index; a question that is longer says no more with the rest. */
const MAX_WORDS = 32

/** Words that carry no subject: what is left of a question without them is what it is about. */
const STOP_WORDS = new Set(
  (
    'a about am an and any are as at be been but by can could did do does for from get had has have how i if in into is it its ' +
    'may me my need no not of on or our should so some such than that the their them then there these they this to us use used using want was we were what ' +
    'when where which who why will with would you your'
  ).split(' ')
)

let segmenter: Intl.Segmenter | undefined
/** The first one reads the dictionaries of words. */
const segments = (run: string) => {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'word' })
  return Array.from(segmenter.segment(run), ({ segment }) => segment)
}

/** The same text with a space around every word of a language that writes none. */
export const separateWords = (text: string): string =>
  text.replace(SPACELESS_RUN, (run) => ` ${segments(run).join(' ')} `)

/** Whether `word` belongs to a language without spaces, where the cut between words is a guess. */
export const isSpaceless = (word: string): boolean => SPACELESS_START.test(word)

/**
 * A question, taken apart. All of it is letters, digits and marks in lower case: nothing an engine could read as
 * syntax.
 */
export interface Query {
  /** The distinct words, without English stop words unless there is nothing else. */
  words: string[]
  /**
   * The telling words that stand side by side: a document that has them side by side too is likelier meant. (Over 611
   * one-line descriptions of packages as queries, the right README came first in 74 % of cases instead of 69 %.)
   */
  pairs: Array<[string, string]>
  /** What stood in quotation marks: a hit must hold it, word by word. */
  phrases: string[][]
  /** Beginnings of words, from `begin*`. They are not among `words`. */
  prefixes: string[]
}

/** The words of a text in their order, in lower case. */
export const wordsOf = (text: string): string[] => separateWords(text).toLowerCase().match(WORD) ?? []

const PHRASE = /["“„]([^"“”„]+)["”“]/gu
/**
 * With the star where there is one: looking for it again from each letter of a long word would take the square of its
 * length.
 */
const PREFIX = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]+\*?/gu
const MAX_PHRASES = 8

/**
 * Plain words, a whole question, `"an exact phrase"` or `begin*`: whatever else is written is only words, and never an
 * error.
 */
export function parseQuery (query: string): Query {
  const prefixes = [...new Set(query.toLowerCase().match(PREFIX))]
    .filter((word) => word.endsWith('*') && !isSpaceless(word))
    .map((word) => word.slice(0, -1))
    .slice(0, MAX_PHRASES)
  const inOrder = wordsOf(query)
  const all = [...new Set(inOrder)].filter((word) => !prefixes.includes(word))
  const telling = all.filter((word) => !STOP_WORDS.has(word))
  const words = (telling.length > 0 || prefixes.length > 0 ? telling : all).slice(0, MAX_WORDS)
  const isWord = new Set(words)
  const pairs = distinct(
    inOrder
      .slice(1)
      .map((word, index): [string, string] => [inOrder[index]!, word])
      .filter((pair) => pair.every((word) => isWord.has(word)))
  ).slice(0, MAX_WORDS)
  const phrases = distinct(
    [...query.matchAll(PHRASE)]
      .map(([, phrase]) => wordsOf(phrase!).slice(0, MAX_WORDS))
      .filter(({ length }) => length > 0)
  ).slice(0, MAX_PHRASES)
  return { words, pairs, phrases, prefixes }
}

/** Said twice, each would be looked up twice. */
const distinct = <Words extends readonly string[]>(all: Words[]): Words[] => [
  ...new Map(all.map((words) => [words.join(' '), words])).values()
]

/** What a passage should show of a query. */
export const shownWords = ({ words, prefixes }: Query): string[] => [...words, ...prefixes]

/** The path without its ending, so that a file is found by its name. */
export const pathWords = (id: string): string => separateWords(id.replace(/\.\w+$/, ''))
