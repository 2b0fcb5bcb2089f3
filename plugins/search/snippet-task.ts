// Runs in a worker: the snippets of the hits of one search, whose texts another process has read.
// Tested in test/plugins/search/worker.test.ts.
import { snippetOf } from './snippet.ts'
import type { Word } from './tokenize.ts'

export interface Snippets {
  texts: string[]
  /** From `parseQuery`. */
  words: Word[]
}

/** @returns one for each text, in their order. */
export default ({ texts, words }: Snippets): string[] => texts.map((text) => snippetOf(text, words))
