// Words as the full-text engines know them: without accents and endings, the same here as in FTS5.
import { stemmer } from 'stemmer'

/** Characters: Postgres takes 2,046 bytes. */
const MAX_WORD_LENGTH = 100

/** Stemming costs more than finding it again. */
const MAX_CACHED = 50_000
const stems = new Map<string, string>()

/** Without the accents of European letters; other marks are part of a word. */
export const fold = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC')

/** @param whole one word in lower case, already folded. */
export function stem (whole: string): string {
  const word = whole.slice(0, MAX_WORD_LENGTH).toWellFormed()
  const known = stems.get(word)
  if (known !== undefined) return known
  const found = /^[a-z]{3,}$/.test(word) ? stemmer(word) : word
  if (stems.size >= MAX_CACHED) stems.clear()
  stems.set(word, found)
  return found
}
