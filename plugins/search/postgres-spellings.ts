// Stores how documents spell words, in a table of Postgres and by audience, to correct
// words that no document holds.
import { setImmediate } from 'node:timers/promises'
import type { Query } from '../postgres.ts'
import { corrected, isSpelled, MAX_CORRECTED, plausible, spellingsNear, type Spelling } from './correct.ts'
import type { Language } from './languages.ts'
import { stem } from './stem.ts'
import type { Word } from './tokenize.ts'

/** Words that this process has written, so that they are not written again for each document. */
const MAX_REMEMBERED = 200_000
/**
 * How many spellings one word is compared with, and of how many near ones it is asked
 * whether documents hold them still.
 */
const MAX_COMPARED = 20_000
const MAX_ASKED = 100
/** Words that are compared before others have a turn. */
const SLICE = 2_000

export const SPELLINGS_DDL = (table: string): string => `
  CREATE TABLE IF NOT EXISTS ${table} (
    audience integer NOT NULL, word text COLLATE "C" NOT NULL, PRIMARY KEY (audience, word)
  );
  ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
`

/** What is known of the documents that are searched. */
export interface Searched {
  /** Numbers of their audiences. */
  audiences: readonly number[]
  languages: readonly Language[]
  /** Whether a document holds the word. */
  isKnown(word: Word): boolean
  /** @returns of these terms, those that a document holds. */
  held(terms: readonly string[]): Promise<ReadonlySet<string>>
}

export interface Spellings {
  add(audience: number, words: readonly string[]): Promise<void>
  correct(words: readonly Word[], searched: Searched): Promise<Word[]>
}

/** @param table with its schema, made by {@link SPELLINGS_DDL}. */
export function createSpellings (query: Query, table: string): Spellings {
  const remembered = new Set<string>()
  const near = `
    SELECT word, 1 AS documents FROM ${table}
    WHERE audience = ANY ($1::integer[]) AND word >= $2 AND word < $3 AND length(word) BETWEEN $4 AND $5
    GROUP BY word ORDER BY word LIMIT ${MAX_COMPARED}
  `

  /**
   * Words that no document holds any longer stay in the table, and must not be what is
   * meant.
   */
  async function meantBy (word: Word, { audiences, languages, held }: Searched): Promise<Word> {
    const { letters, shortest, longest } = spellingsNear(word.word)
    const nearOf = (letter: string) =>
      query<Spelling>(near, [audiences, letter, `${letter}\u{10ffff}`, shortest, longest])
    const found = await Promise.all(letters.map(nearOf))
    const candidates = (await plausibleOf(word.word, found.flat(), languages)).slice(0, MAX_ASKED)
    const termsOf = (spelling: Spelling) => languages.map((language) => stem(spelling.word, language))
    const isHeld = await held([...new Set(candidates.flatMap(termsOf))])
    const occurring = candidates.filter((spelling) => termsOf(spelling).some((term) => isHeld.has(term)))
    return corrected(word, occurring, languages)
  }

  return {
    async add (audience, words) {
      const keyOf = (word: string) => `${audience} ${word}`
      const fresh = [...new Set(words)].filter((word) => !remembered.has(keyOf(word))).sort()
      if (fresh.length === 0) return
      await query(`INSERT INTO ${table} SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING`, [audience, fresh])
      if (remembered.size + fresh.length > MAX_REMEMBERED) remembered.clear()
      for (const word of fresh) remembered.add(keyOf(word))
    },
    async correct (words, searched) {
      const isUnknown = (word: Word) => !word.isPrefix && isSpelled(word.word) && !searched.isKnown(word)
      const unknown = new Set(words.filter(isUnknown).slice(0, MAX_CORRECTED))
      return Promise.all(words.map((word) => (unknown.has(word) ? meantBy(word, searched) : word)))
    }
  }
}

/** As {@link plausible}, of many spellings. */
async function plausibleOf (word: string, spellings: readonly Spelling[], languages: readonly Language[]): Promise<Spelling[]> {
  const found: Spelling[] = []
  for (let at = 0; at < spellings.length; at += SLICE) {
    found.push(...plausible(word, spellings.slice(at, at + SLICE), languages))
    await setImmediate()
  }
  return plausible(word, found, languages)
}
