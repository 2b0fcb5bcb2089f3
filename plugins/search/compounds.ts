// Compounds: a word of the query that documents write as two (wifi, wi fi), two that they write as one, and, in languages
// that join words, the parts of a long word and the long words that begin with one. Each counts less than the word itself.
import { stem } from './stem.ts'
import type { Language } from './languages.ts'
import type { Query, Word } from './tokenize.ts'

/** They write compounds as one word. */
const COMPOUNDING = new Set<Language>(['de', 'nl', 'sv', 'da', 'no', 'fi', 'hu'])
/** In Arabic script pronouns follow the word without a space. */
const HAS_ENDINGS = /^\p{Script=Arabic}/u
/** Shortest parts, in letters, and shortest word that is the beginning of others. */
const MIN_PART = 2
const MIN_COMPOUND_PART = 4
const MIN_BEGINNING = 5
/** The same in Arabic script, where most roots have three letters. */
const MIN_ROOT = 3
/** Each word is divided at each place: the longest ones, up to a length. */
const MAX_DIVIDED = 8
const MAX_LETTERS = 40
const MAX_FORMS = 32
const LETTERS = /^[\p{sc=Latin}\p{sc=Cyrillic}\p{sc=Greek}]+$/u

/** A term, or all terms with this prefix. */
export interface Term {
  term: string
  isPrefix: boolean
}

/** A form that counts if documents hold all its terms. */
interface Guess {
  needed: Term[]
  forms: Word[]
  splits: string[][]
}

/** A query whose words may be read in other ways: of each list, the first one that documents support. */
export interface Readings {
  query: Query
  guesses: Guess[][]
}

export function readingsOf (query: Query): Readings {
  const words = query.words.filter(
    ({ word, isPrefix }) => !isPrefix && word.length <= MAX_LETTERS && LETTERS.test(word)
  )
  const long = words.toSorted((a, b) => b.word.length - a.word.length).slice(0, MAX_DIVIDED)
  const neighbors = query.neighbors.filter((pair) =>
    pair.every((word) => word.length >= MIN_PART && LETTERS.test(word))
  )
  const languages = query.languages.length > 0 ? query.languages : (['en'] as const)
  return {
    query: { ...query, forms: [...query.forms, ...beginningsOf(query)] },
    guesses: [
      ...languages.flatMap((language) => long.map(({ word }) => dividedOf(word, language))),
      ...neighbors.slice(0, MAX_DIVIDED).map((pair) => joinedOf(pair, languages))
    ]
  }
}

/** Every term whose presence decides about a reading. */
export const termsNeeded = ({ guesses }: Readings): Term[] => {
  const needed = guesses.flat().flatMap(({ needed }) => needed)
  return [...new Map(needed.map((term) => [keyOf(term), term])).values()]
}

export const keyOf = ({ term, isPrefix }: Term): string => `${term}${isPrefix ? '*' : ''}`

/** @param occurs whether any document holds the term. */
export function readWords ({ query, guesses }: Readings, occurs: (term: Term) => boolean): Query {
  const known = guesses.flatMap((readings) => readings.find(({ needed }) => needed.every(occurs)) ?? [])
  // Asked for twice, a term counted twice.
  const asked = new Set(
    query.words.flatMap(({ terms, isPrefix }) => terms.map((term) => keyOf({ term, isPrefix })))
  )
  const forms = [...query.forms, ...known.flatMap(({ forms }) => forms)].flatMap((form) => {
    const terms = form.terms.filter((term) => !asked.has(keyOf({ term, isPrefix: form.isPrefix })))
    for (const term of terms) asked.add(keyOf({ term, isPrefix: form.isPrefix }))
    return terms.length === 0 ? [] : { ...form, terms }
  })
  return { ...query, forms: forms.slice(0, MAX_FORMS), splits: known.flatMap(({ splits }) => splits) }
}

const term = (term: string, isPrefix = false): Term => ({ term, isPrefix })
const form = ({ term, isPrefix }: Term): Word => ({ word: term, terms: [term], isPrefix })

function beginningsOf ({ words, languages }: Query): Word[] {
  const compounding = languages.filter((language) => COMPOUNDING.has(language))
  return words.flatMap(({ word, terms, isPrefix }): Word[] => {
    const stems = new Set(compounding.map((language) => stem(word, language)))
    const beginnings = HAS_ENDINGS.test(word)
      ? terms.filter(({ length }) => length >= MIN_ROOT)
      : [...stems].filter(({ length }) => length >= MIN_BEGINNING)
    return isPrefix || beginnings.length === 0 ? [] : [{ word, terms: beginnings, isPrefix: true }]
  })
}

/** The parts of a compound; of a word that no document holds, also any two words. The most equal parts come first. */
function dividedOf (word: string, language: Language): Guess[] {
  const count = Math.max(0, word.length - 2 * MIN_PART + 1)
  const fromMiddle = (place: number): number => Math.abs(2 * place - word.length)
  const places = Array.from({ length: count }, (_, index) => index + MIN_PART)
  const divided = places.sort((a, b) => fromMiddle(a) - fromMiddle(b)).map((place) => [word.slice(0, place), word.slice(place)] as const)
  const isPart = ({ length }: string) => length >= MIN_COMPOUND_PART
  const compounds = COMPOUNDING.has(language) ? divided.filter((parts) => parts.every(isPart)) : []
  return [
    ...compounds.map(([head, tail]) => {
      const parts = [term(stem(head, language), true), term(stem(tail, language))]
      return { needed: parts, forms: parts.map(form), splits: [] }
    }),
    { needed: [term(stem(word, language))], forms: [], splits: [] },
    ...divided.map((parts) => {
      const pair = parts.map((part) => stem(part, language))
      return { needed: pair.map((part) => term(part)), forms: [], splits: [pair] }
    })
  ]
}

function joinedOf (pair: readonly [string, string], languages: readonly Language[]): Guess[] {
  return [...new Set(languages.map((language) => stem(pair.join(''), language)))].map((joined) => ({
    needed: [term(joined)],
    forms: [form(term(joined))],
    splits: []
  }))
}
