// Runs in a worker: which of tens of thousands of spellings, that another process has read, mistyped words may mean.
// Tested in test/plugins/search/postgres-spellings.test.ts.
import { plausible } from './correct.ts'
import type { Language } from './languages.ts'

export interface Mistyped {
  word: string
  /** Spellings with spaces between: tens of thousands of them travel as one text. */
  spellings: string
}

export interface Comparison {
  words: Mistyped[]
  languages: readonly Language[]
}

/** Of so many near ones it is asked whether documents hold them still. */
const MAX_ASKED = 100

/** @returns for each word the spellings that it may mean, the nearest first. */
export default function compare ({ words, languages }: Comparison): string[][] {
  return words.map(({ word, spellings }) =>
    plausible(word, spellings.split(' '), languages).slice(0, MAX_ASKED))
}
