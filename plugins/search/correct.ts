// Corrects words that no document holds, which are most likely mistyped: the nearest word that occurs is searched as well.
import { distance } from 'fastest-levenshtein'
import { withoutAccents } from './canonical.ts'
import type { Language } from './languages.ts'
import { stem } from './stem.ts'
import { isSpaceless, type Word } from './tokenize.ts'

/** Shortest words, in letters, that are corrected by one slip and by two: shorter ones are close to too many others. */
const ONE_SLIP = 4
const TWO_SLIPS = 8
const MAX_LETTERS = 30
/** Each correction reads all words with the same first letter. */
export const MAX_CORRECTED = 4
/** The number of spellings that may differ only in accents. */
const MAX_ACCENTED = 8

/** A word as documents spell it, and the number of documents. */
export interface Spelling {
  word: string
  documents: number
}

/** Whether a word is stored by its spelling, and corrected: only letters, of a script with spaces. */
export const isSpelled = (word: string): boolean => word.length <= MAX_LETTERS && /^[\p{L}\p{M}]+$/u.test(word) && !isSpaceless(word)

const slipsOf = ({ length }: string): number => (length >= TWO_SLIPS ? 2 : length >= ONE_SLIP ? 1 : 0)

/** The first letters of the spellings that may be meant. */
export const spellingsNear = (word: string): { letters: string[]; shortest: number; longest: number } => ({
  letters: [...new Set([word[0]!, word[1] ?? word[0]!])],
  shortest: word.length - slipsOf(word),
  longest: word.length + slipsOf(word)
})

/**
 * @returns the word with the terms of the spelling that is fewest slips away, and of those of the one in most documents; if
 * none is near, stems are compared.
 */
export function corrected (word: Word, spellings: readonly Spelling[], languages: readonly Language[]): Word {
  const stemmed = (spelling: string) => languages.map((language) => stem(spelling, language))
  const exact = nearest(slipsOf(word.word), spellings, (spelling) => [withoutAccents(word.word), withoutAccents(spelling)])
  const meant =
    exact.length > 0
      ? exact
      : nearest(Math.min(1, slipsOf(word.word)), spellings, (spelling) => [stem(word.word, languages[0]!), stem(spelling, languages[0]!)])
  return { ...word, terms: [...new Set([...word.terms, ...meant.flatMap(stemmed)])] }
}

/** Those of the spellings that {@link corrected} may choose, the nearest first. */
export function plausible (
  word: string,
  spellings: readonly string[],
  languages: readonly Language[]
): string[] {
  const [most, stemmed] = [slipsOf(word), stem(word, languages[0]!)]
  const isAlike = (spelled: string) =>
    slips(stemmed, stem(spelled, languages[0]!)) <= Math.min(1, most)
  return spellings
    .map((spelling) => ({
      spelling,
      apart: slips(withoutAccents(word), withoutAccents(spelling))
    }))
    .filter(({ spelling, apart }) => apart <= most || isAlike(spelling))
    .sort((a, b) => a.apart - b.apart)
    .map(({ spelling }) => spelling)
}

/** @param max slips. */
function nearest (max: number, spellings: readonly Spelling[], compared: (spelling: string) => [string, string]): string[] {
  const near = spellings
    .map((spelling) => ({ ...spelling, slips: slips(...compared(spelling.word)) }))
    .filter(({ slips }) => slips <= max)
    .sort((a, b) => a.slips - b.slips || b.documents - a.documents)
  const best = near.filter(({ slips }) => slips === near[0]!.slips)
  // Without accents a word may mean several.
  return best.slice(0, best[0]?.slips === 0 ? MAX_ACCENTED : 1).map(({ word }) => word)
}

/** Counts letters that were added, left out or replaced; two exchanged letters are one slip. */
function slips (typed: string, meant: string): number {
  const edits = distance(typed, meant)
  if (edits < 2 || edits > 3 || typed.length !== meant.length) return edits
  const at = [...typed].findIndex((letter, index) => letter !== meant[index])
  const swapped = typed.slice(0, at) + typed[at + 1] + typed[at] + typed.slice(at + 2)
  return Math.min(edits, 1 + distance(swapped, meant))
}
