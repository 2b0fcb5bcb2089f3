// Stores how documents spell words, in a table of Postgres, to correct words that no document holds.
// Tested in test/plugins/library/postgres.test.ts.
import type { Query } from '../postgres.ts'
import { corrected, isSpelled, MAX_CORRECTED, spellingsNear, type Spelling } from './correct.ts'
import type { Language } from './languages.ts'
import type { Word } from './tokenize.ts'

/** Words that this process has written, so that they are not written again for each document. */
const MAX_REMEMBERED = 200_000
/** How many spellings one word is compared with. */
const MAX_COMPARED = 50_000

export const SPELLINGS_DDL = (table: string): string => `
  CREATE TABLE IF NOT EXISTS ${table} (word text COLLATE "C" PRIMARY KEY);
  ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
`

export interface Spellings {
  /** Words that no document holds any longer stay: they are compared, and find nothing. */
  add(words: readonly string[]): Promise<void>
  /** @param isKnown whether a document holds the word. */
  correct(words: readonly Word[], languages: readonly Language[], isKnown: (word: Word) => boolean): Promise<Word[]>
}

/** @param table with its schema, made by {@link SPELLINGS_DDL}. */
export function createSpellings (query: Query, table: string): Spellings {
  const remembered = new Set<string>()
  const near = `SELECT word, 1 AS documents FROM ${table} WHERE word >= $1 AND word < $2 AND length(word) BETWEEN $3 AND $4 LIMIT ${MAX_COMPARED}`

  return {
    async add (words) {
      const fresh = [...new Set(words)].filter((word) => !remembered.has(word)).sort()
      if (fresh.length === 0) return
      await query(`INSERT INTO ${table} SELECT unnest($1::text[]) ON CONFLICT DO NOTHING`, [fresh])
      if (remembered.size + fresh.length > MAX_REMEMBERED) remembered.clear()
      for (const word of fresh) remembered.add(word)
    },
    async correct (words, languages, isKnown) {
      const unknown = words.filter((word) => !word.isPrefix && isSpelled(word.word) && !isKnown(word)).slice(0, MAX_CORRECTED)
      const meant = new Map<Word, Word>()
      for (const word of unknown) {
        const { letters, shortest, longest } = spellingsNear(word.word)
        const found = await Promise.all(letters.map((letter) => query<Spelling>(near, [letter, `${letter}\u{10ffff}`, shortest, longest])))
        meant.set(word, corrected(word, found.flat(), languages))
      }
      return words.map((word) => meant.get(word) ?? word)
    }
  }
}
