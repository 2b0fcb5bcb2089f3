// How Postgres is filled and asked in full text: words are cut and stemmed here, so that no extension, dictionary or locale of the server matters.
import { stemmer } from 'stemmer'
import { isSpaceless, parseQuery, wordsOf, type Query } from './words.ts'

/** Title and path count more than the text, as in FTS5: the weights of D, C, B and A. */
export const WEIGHTS = '{0.25, 0.25, 0.5, 1}'

/** Characters: Postgres takes 2,046 bytes. */
const LONGEST_WORD = 100

/** Stemming costs more than finding it again. */
const STEMS_KEPT = 50_000
const stems = new Map<string, string>()

function stem (whole: string): string {
  const word = whole.slice(0, LONGEST_WORD).toWellFormed()
  const known = stems.get(word)
  if (known !== undefined) return known
  const found = /^[a-z]{3,}$/.test(word) ? stemmer(word) : word
  if (stems.size >= STEMS_KEPT) stems.clear()
  stems.set(word, found)
  return found
}

/** Without the accents of European letters; other marks are part of a word. */
const fold = (text: string): string => text.normalize('NFD').replace(/[\u0300-\u036f]/g, '').normalize('NFC')

const lexemesOf = (text: string): string[] => wordsOf(fold(text)).map(stem)

/** Postgres keeps so many places of a word, and no place beyond the last. */
const PLACES = 255
const LAST_PLACE = 16_383
/** Between title, path and text, so that no phrase reaches across. */
const GAP = 10

/** @returns a `tsvector` literal. Words hold only letters, digits and marks: there is nothing to escape. */
export function vectorOf ({ title, path = '', text }: { title: string, path?: string, text: string }): string {
  const places = new Map<string, string[]>()
  let at = 0
  for (const [part, weight] of [[title, 'A'], [path, 'B'], [text, '']] as const) {
    for (const lexeme of lexemesOf(part)) {
      const known = places.get(lexeme)
      if (known === undefined) places.set(lexeme, [`${++at}${weight}`])
      else if (++at <= LAST_PLACE && known.length < PLACES) known.push(`${at}${weight}`)
    }
    at = Math.min(at + GAP, LAST_PLACE - 1)
  }
  return Array.from(places, ([lexeme, at]) => `'${lexeme}':${at.join(',')}`).join(' ')
}

/** One thing asked for: what matches it, and the words it stands on. */
export interface Term { match: string, lexemes: string[] }

export interface Asked {
  query: Query
  terms: Term[]
  /** Must match, if it is there: the phrases. */
  required: string | undefined
}

const phrase = (words: readonly string[]): string => words.map((word) => `'${stem(fold(word))}'`).join(' <-> ')

/** @returns undefined when nothing is asked for. */
export function askedOf (text: string): Asked | undefined {
  const query = parseQuery(text)
  const terms = new Map<string, Term>()
  const add = (match: string, words: readonly string[]) => terms.set(match, { match, lexemes: words.map((word) => stem(fold(word))) })
  for (const word of query.words) add(isSpaceless(word) ? `'${stem(fold(word))}':*` : phrase([word]), [word])
  for (const prefix of query.prefixes) add(`'${stem(fold(prefix))}':*`, [prefix])
  for (const words of [...query.pairs, ...query.phrases]) add(phrase(words), words)
  if (terms.size === 0) return undefined
  return { query, terms: [...terms.values()], required: query.phrases.length > 0 ? query.phrases.map((words) => `(${phrase(words)})`).join(' & ') : undefined }
}

/** A `tsquery` that any of these terms fulfils, and that all that is required must. */
export const anyOf = (terms: readonly Term[], required: string | undefined): string =>
  [...(required ? [required] : []), `(${terms.map(({ match }) => `(${match})`).join(' | ')})`].join(' & ')
