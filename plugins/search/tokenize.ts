// How text and queries become words for a full-text engine that knows only spaces: shared by every store, so that both
// sides are cut alike.
import { canonical } from './canonical.ts'
import { formsOf, ungroupNumbers } from './forms.ts'
import { languagesOfQuery, stopWordsOf, type Language } from './languages.ts'
import { stem } from './stem.ts'

/** Scripts written without spaces between words. */
const SPACELESS =
  '\\p{scx=Han}\\p{scx=Hiragana}\\p{scx=Katakana}\\p{scx=Thai}\\p{scx=Lao}\\p{scx=Khmer}\\p{scx=Myanmar}'
const SPACELESS_RUN = new RegExp(`[${SPACELESS}]+`, 'gu')
const SPACELESS_START = new RegExp(`^[${SPACELESS}]`, 'u')
const HAS_SPACELESS = new RegExp(`[${SPACELESS}]`, 'u')
const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu

/** Each word costs a lookup in the index; the words beyond this add little to a long question. */
const MAX_WORDS = 32
const MAX_PHRASES = 4
const MAX_FORMS = 8
const MAX_PREFIXES = 3
/** A shorter prefix is searched as a word: too many words begin with it. */
const MIN_PREFIX = 3

let segmenter: Intl.Segmenter | undefined

/**
 * The words of each run, with a space between. All runs are cut at once: to begin anew for each costs more than a word, and
 * a text may consist of runs of two letters.
 */
function cutRuns (runs: readonly string[]): string[] {
  // The first one reads the dictionaries of words.
  segmenter ??= new Intl.Segmenter('en', { granularity: 'word' })
  let words = ''
  for (const { segment } of segmenter.segment(runs.join('\n'))) words += segment === '\n' ? segment : `${segment} `
  return words.split('\n')
}

function separateWords (text: string): string {
  if (!HAS_SPACELESS.test(text)) return text
  const runs = text.match(SPACELESS_RUN)!
  const cut = cutRuns(runs.filter(isLong)).values()
  return text.replace(SPACELESS_RUN, (run) => ` ${isLong(run) ? cut.next().value! : run} `)
}

/** A single letter is a word. */
const isLong = ({ length }: string): boolean => length > 1

/** Whether `word` belongs to a language without spaces, where the cut between words is a guess. */
export const isSpaceless = (word: string): boolean => SPACELESS_START.test(word)

/** Where word boundaries are a guess, or endings follow the word (Korean), a word is searched as a prefix. */
const isBeginning = (word: string): boolean => isSpaceless(word) || /^\p{Script=Hangul}{2}/u.test(word)

/** The words of a text in order, in canonical spelling. */
export const wordsOf = (text: string): string[] => separateWords(canonical(text)).match(WORD) ?? []

/** The same of many lines, which are cut together: thousands of short ones, each by itself, take longer than a long text. */
export const wordsOfLines = (lines: readonly string[]): string[][] =>
  separateWords(canonical(lines.join('\n'))).split('\n').map((line) => line.match(WORD) ?? [])

/** The terms of a text as the index holds them, in their order. */
export const termsOf = (text: string, language: Language): string[] => wordsOf(text).map((word) => stem(word, language))

/** The path without its ending, so that a file is found by its name. */
export const pathWords = (id: string): string => id.replace(/\.\w+$/, '')

/** One word of a query: the terms it may have in the index, by the languages of the documents. */
export interface Word {
  word: string
  terms: string[]
  /** Whether every term with this prefix counts. */
  isPrefix: boolean
}

/** A parsed query. It holds only letters, digits and marks: nothing that an engine could read as syntax. */
export interface Query {
  /** The distinct words and prefixes, without English stop words unless there is nothing else. */
  words: Word[]
  /** Pairs of neighboring words, as terms: a document that holds a pair ranks higher. */
  pairs: string[][]
  /** Other forms of the words, of which each that a document holds counts a little: `forms.ts`, `compounds.ts`. */
  forms: Word[]
  /** Words that documents may write as two, as pairs of terms. */
  splits: string[][]
  /** Words of the query next to each other, which documents may write as one. */
  neighbors: Array<readonly [string, string]>
  /** Quoted phrases, as terms by language: a hit must hold each phrase in one of its languages. */
  phrases: string[][][]
  /** Whether there are words besides the phrases: see {@link withoutPhrases}. */
  isMixed: boolean
  /** The languages of documents that the query may be in. */
  languages: Language[]
}

const PHRASE = /["“„«]([^"“”„«»]+)["”“»]/gu
/**
 * With the star where there is one: looking for it again from each letter of a long word would take the square of its
 * length.
 */
const PREFIX = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]+\*?/gu

/**
 * Plain words, a whole question, `"an exact phrase"` or `begin*`: everything else is only words, and never an
 * error.
 * @param known the languages of the documents.
 */
export function parseQuery (query: string, known: readonly Language[] = ['en']): Query {
  const inOrder = wordsOf(ungroupNumbers(query))
  const languages = languagesOfQuery(inOrder, known)
  const { isStopWord, isSmall } = stopWordsOf(inOrder, languages)
  const prefixes = prefixesOf(query)
  const all = [...new Set(inOrder)].filter((word) => !prefixes.includes(word))
  const telling = all.filter((word) => !isStopWord(word) && !isSmall(word))
  const words = (telling.length > 0 || prefixes.length > 0 ? telling : all).slice(0, MAX_WORDS)
  const isWord = new Set(words)
  const neighbors = inOrder.slice(1).map((word, index) => [inOrder[index]!, word] as const)
  const pairs = neighbors.filter(
    (pair) => pair.some((word) => isWord.has(word)) && pair.every((word) => isWord.has(word) || isSmall(word))
  )
  const phrases = [...query.matchAll(PHRASE)].map(([, phrase]) => wordsOf(phrase!)).filter(({ length }) => length > 0)
  const quoted = new Set(phrases.flat())
  const inLanguages = (words: string[]) =>
    distinct(languages.map((language) => words.slice(0, MAX_WORDS).map((word) => stem(word, language))))
  const toWord = (word: string, isPrefix: boolean): Word => ({ word, terms: inLanguages([word]).flat(), isPrefix })
  return {
    words: [
      ...words.map((word) => toWord(word, isBeginning(word))),
      ...prefixes.map((word) => ({
        word,
        terms: [...new Set([word, ...toWord(word, true).terms])],
        isPrefix: true
      }))
    ],
    pairs: distinct(distinct(pairs).slice(0, MAX_WORDS).flatMap(inLanguages)).slice(0, MAX_WORDS),
    forms: formsOf(query)
      .filter((form) => !isWord.has(form))
      .slice(0, MAX_FORMS)
      .map((form) => toWord(form, false)),
    splits: [],
    neighbors: neighbors.filter((pair) => pair.every((word) => isWord.has(word) && !isSpaceless(word))),
    phrases: distinct(phrases).slice(0, MAX_PHRASES).map(inLanguages),
    isMixed: words.some((word) => !quoted.has(word)),
    languages
  }
}

/** The query for when no document holds its phrases, with their words alone; undefined when it is nothing but phrases. */
export const withoutPhrases = (query: Query): Query | undefined =>
  query.isMixed && query.phrases.length > 0 ? { ...query, phrases: [] } : undefined

const prefixesOf = (query: string): string[] =>
  [...new Set(canonical(query).match(PREFIX))]
    .filter((word) => word.endsWith('*') && word.length > MIN_PREFIX && !isSpaceless(word))
    .map((word) => word.slice(0, -1))
    .slice(0, MAX_PREFIXES)

/** Without duplicates, so that no word is looked up twice. */
const distinct = (all: ReadonlyArray<readonly string[]>): string[][] => [
  ...new Map(all.map((words) => [words.join(' '), [...words]])).values()
]
