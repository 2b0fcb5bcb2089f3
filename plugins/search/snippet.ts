// The snippet of a hit: the passage of a document with most of the query's words. Not FTS5's snippet(),
// whose time grows with the square of the matches in a long document.
import { canonical } from './canonical.ts'
import { formsOf } from './forms.ts'
import { stem } from './stem.ts'
import { isSpaceless, type Word } from './tokenize.ts'

const LENGTH = 240
/** Characters before the first match that are shown with it. */
const LEAD = 40
/** Characters that are searched for the snippet, so that a book costs no more than a chapter. */
const SCANNED = 50_000
const MAX_MATCHES = 200
/** Soft hyphens and joiners belong to the word around them. */
const WORD = /[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}]|(?!\u200b)\p{Cf})*/gu

/**
 * @param words from `parseQuery`.
 * @returns one line of plain text under 300 characters; the beginning of the document when no word is found.
 */
export function snippetOf (text: string, words: readonly Word[]): string {
  const start = words.length === 0 ? 0 : Math.max(0, densest(text.slice(0, SCANNED), words) - LEAD)
  const from = start === 0 ? 0 : nextSpace(text, start)
  const line = text
    .slice(from, from + LENGTH)
    .replace(/\s+/g, ' ')
    .replace(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/g, '')
    .trim()
  return `${from > 0 ? '… ' : ''}${line}${from + LENGTH < text.length ? ' …' : ''}`
}

/** @returns how many of the words, in any form, occur in a short text. */
export const wordsFound = (text: string, words: readonly Word[]): number =>
  words.length === 0 ? 0 : new Set(matchesOf(text, words).map(({ word }) => word)).size

interface Match {
  at: number
  word: Word
}

/** Where the stretch with the most different words begins. */
function densest (text: string, words: readonly Word[]): number {
  const matches = matchesOf(text, words)
  let best = { at: 0, words: 0 }
  for (const [index, { at }] of matches.entries()) {
    const near = new Set<Word>()
    for (let next = index; next < matches.length && matches[next]!.at < at + LENGTH - LEAD; next++) near.add(matches[next]!.word)
    if (near.size > best.words) best = { at, words: near.size }
  }
  return best.at
}

function matchesOf (text: string, words: readonly Word[]): Match[] {
  const byTerm = new Map(words.flatMap((word) => word.terms.map((term) => [term, word] as const)))
  const prefixes = words.filter(({ isPrefix }) => isPrefix)
  const matches: Match[] = []
  for (const { 0: found, index } of text.matchAll(WORD)) {
    const written = canonical(found)
    if (isSpaceless(written)) matches.push(...within(found, index, prefixes))
    else {
      const forms = [written, ...formsOf(found)]
      const word =
        forms.map((form) => byTerm.get(stem(form, 'en'))).find((word) => word) ??
        words.find((word) => forms.some((form) => isFormOf(form, word)))
      if (word) matches.push({ at: index, word })
    }
    if (matches.length >= MAX_MATCHES) break
  }
  return matches
}

/** A run of a script without spaces is not divided into words again: the words of the query are looked for inside it. */
const within = (run: string, at: number, words: readonly Word[]): Match[] =>
  words
    .map((word) => ({ at: run.indexOf(word.word), word }))
    .filter(({ at }) => at >= 0)
    .map((match) => ({ ...match, at: at + match.at }))

/** Without its ending, roughly as a stemmer does it, for any language. */
const isFormOf = (written: string, { word, terms, isPrefix }: Word): boolean =>
  terms.some((term) => written.startsWith(term) && (isPrefix || written.length <= Math.max(word.length, term.length) + 3))

function nextSpace (text: string, from: number): number {
  const space = text.slice(from, from + LEAD).search(/\s/)
  return space < 0 ? from : from + space + 1
}
