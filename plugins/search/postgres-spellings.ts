// Stores how documents spell words, in a table of Postgres and by audience, to correct
// words that no document holds.
import type { Query } from '../postgres.ts'
import { corrected, isSpelled, MAX_CORRECTED, spellingsNear } from './correct.ts'
import type { Language } from './languages.ts'
import { stem } from './stem.ts'
import compare, { type Comparison, type Mistyped } from './spelling-task.ts'
import type { Word } from './tokenize.ts'
import type { SearchWorker } from './worker.ts'

/** Words that this process has written, so that they are not written again for each document. */
const MAX_REMEMBERED = 200_000
/** How many spellings with one first letter a word is compared with. */
const MAX_COMPARED = 20_000

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
  /** @param person whose turn in the worker it takes. */
  correct(words: readonly Word[], searched: Searched, person: string | null): Promise<Word[]>
}

export type SpellingWorker = Pick<SearchWorker, 'compare'>

/**
 * @param table with its schema, made by {@link SPELLINGS_DDL}.
 * @param worker compares spellings; without it they are compared in this process.
 */
export function createSpellings (query: Query, table: string, worker?: SpellingWorker): Spellings {
  const remembered = new Set<string>()
  const near = `
    SELECT string_agg(word, ' ') AS spellings FROM (
      SELECT DISTINCT word FROM ${table}
      WHERE audience = ANY ($1::integer[]) AND word >= $2 AND word < $3 AND length(word) BETWEEN $4 AND $5
      ORDER BY word LIMIT ${MAX_COMPARED}
    ) AS near
  `

  async function readNear ({ word }: Word, audiences: readonly number[]): Promise<Mistyped> {
    const { letters, shortest, longest } = spellingsNear(word)
    const found = await Array.fromAsync(letters, (letter) =>
      query<{ spellings: string | null }>(near, [audiences, letter, `${letter}\u{10ffff}`, shortest, longest]))
    return { word, spellings: found.flatMap(([row]) => row?.spellings ?? []).join(' ') }
  }

  /**
   * Words that no document holds any longer stay in the table, and must not be what is
   * meant.
   */
  async function meantBy (word: Word, candidates: readonly string[], { languages, held }: Searched): Promise<Word> {
    const termsOf = (spelling: string) => languages.map((language) => stem(spelling, language))
    const isHeld = await held([...new Set(candidates.flatMap(termsOf))])
    const occurring = candidates.filter((spelling) => termsOf(spelling).some((term) => isHeld.has(term)))
    return corrected(word, occurring.map((word) => ({ word, documents: 1 })), languages)
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
    async correct (words, searched, person) {
      const { audiences, languages } = searched
      const isUnknown = (word: Word) => !word.isPrefix && isSpelled(word.word) && !searched.isKnown(word)
      const unknown = words.filter(isUnknown).slice(0, MAX_CORRECTED)
      if (unknown.length === 0) return [...words]
      // One after the other: a search holds one connection.
      const mistyped = await Array.fromAsync(unknown, (word) => readNear(word, audiences))
      const comparison: Comparison = { words: mistyped, languages }
      const candidates = worker ? await worker.compare(comparison, person) : compare(comparison)
      const meant = await Array.fromAsync(unknown, (word, at) => meantBy(word, candidates[at]!, searched))
      return words.map((word) => meant[unknown.indexOf(word)] ?? word)
    }
  }
}
