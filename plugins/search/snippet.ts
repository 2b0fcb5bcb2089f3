// The snippet of a hit: the stretch of a document where most of the query's words stand together. Not FTS5's snippet(),
// whose time grows with the square of the matches in a long document.
import { isSpaceless } from './tokenize.ts'

const LENGTH = 240
/** Characters before the first match that are shown with it. */
const LEAD = 40
/** Characters that are searched for the snippet, so that a book costs no more than a chapter. */
const SCANNED = 50_000
const MAX_MATCHES = 200

/**
 * @param words from `shownWords`.
 * @returns one line of plain text; the beginning of the document when no word is found.
 */
export function snippetOf (text: string, words: readonly string[]): string {
  const start = words.length === 0 ? 0 : Math.max(0, densest(text.slice(0, SCANNED), words) - LEAD)
  const from = start === 0 ? 0 : nextSpace(text, start)
  const line = text
    .slice(from, from + LENGTH)
    .replace(/\s+/g, ' ')
    .replace(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/g, '')
    .trim()
  return `${from > 0 ? '… ' : ''}${line}${from + LENGTH < text.length ? ' …' : ''}`
}

/** @returns how many of the words, in whatever form, stand in a short text. */
export const wordsFound = (text: string, words: readonly string[]): number =>
  words.length === 0 ? 0 : new Set(matchesOf(text, words).map(({ stem }) => stem)).size

/** Where the stretch with the most different words begins. */
function densest (text: string, words: readonly string[]): number {
  const matches = matchesOf(text, words)
  let best = { at: 0, words: 0 }
  for (const [index, { at }] of matches.entries()) {
    const near = new Set<string>()
    for (let next = index; next < matches.length && matches[next]!.at < at + LENGTH - LEAD; next++) { near.add(matches[next]!.stem) }
    if (near.size > best.words) best = { at, words: near.size }
  }
  return best.at
}

function matchesOf (text: string, words: readonly string[]): Array<{ at: number; stem: string }> {
  // A word holds only letters, digits and marks: there is nothing to escape.
  const pattern = new RegExp(
    words.map((word) => (isSpaceless(word) ? word : `(?<![\\p{L}\\p{N}])${stem(word)}`)).join('|'),
    'giu'
  )
  return text
    .matchAll(pattern)
    .take(MAX_MATCHES)
    .map((match) => ({ at: match.index, stem: match[0].toLowerCase() }))
    .toArray()
}

/** Without its ending, roughly as the engine's stemmer does it: `signing` shows `signed`. */
const stem = (word: string): string => (word.length > 5 ? word.slice(0, -3) : word)

function nextSpace (text: string, from: number): number {
  const space = text.slice(from, from + LEAD).search(/\s/)
  return space < 0 ? from : from + space + 1
}
