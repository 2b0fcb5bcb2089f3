// Searches the index of notes, on a read-only connection. The terms of each person's notes begin with their tag: no one
// else's are read, ranked or counted, and a search costs only what its owner wrote.
// Tested in test/plugins/notes/sqlite.test.ts.
import { createHash } from 'node:crypto'
import { readingsOf, readWords, type Term } from './compounds.ts'
import type { SearchHit } from './contract.ts'
import { rankingOf } from './fts5.ts'
import type { Language } from './languages.ts'
import { openReader } from './reader.ts'
import { snippetOf } from './snippet.ts'
import { correctAll, createStatistics } from './statistics.ts'
import { parseQuery, withoutPhrases, type Query } from './tokenize.ts'

// The tag finds the owner's notes; the column decides.
const ROWS = 'SELECT id, title, text, score FROM best JOIN notes USING (key) WHERE owner = ? ORDER BY score DESC, id'

const TAG_LENGTH = 16

/** A tag for any id: letters and digits of one length. */
export const tagOf = (owner: string): string => createHash('sha256').update(owner).digest('hex').slice(0, TAG_LENGTH)

export interface NoteSearch {
  search(owner: string, query: string, limit: number): SearchHit[]
  close(): void
}

/** @param path the file of the index, with the tables of `fts5.ts` beside `notes`. */
export function openNoteSearch (path: string): NoteSearch {
  const db = openReader(path)
  const all = createStatistics(db)
  const languages = db.prepare('SELECT DISTINCT language FROM notes WHERE owner = ?')
  const ofOwner = (tag: string) => ({
    isKnown: (term: string) => all.isKnown(tag + term),
    occurs: ({ term, isPrefix }: Term) => all.occurs({ term: tag + term, isPrefix }),
    spellings: (prefix: string, shortest: number, longest: number) =>
      all
        .spellings(tag + prefix, shortest + TAG_LENGTH, longest + TAG_LENGTH)
        .map(({ word, documents }) => ({ word: word.slice(TAG_LENGTH), documents }))
  })

  return {
    search (owner, query, limit) {
      const known = languages.all(owner).map(({ language }) => language as Language)
      const tag = tagOf(owner)
      if (known.length === 0) return []
      const read = readWords(readingsOf(parseQuery(query, known)), ofOwner(tag).occurs)
      const corrected = { ...read, words: correctAll(read.words, read.languages, ofOwner(tag)) }
      const hits = rank(corrected, owner, limit)
      const loose = hits.length === 0 ? withoutPhrases(corrected) : undefined
      return loose ? rank(loose, owner, limit) : hits
    },
    close: () => db.close()
  }

  function rank (query: Query, owner: string, limit: number): SearchHit[] {
    const ranking = rankingOf({ ...query, candidates: [], tag: tagOf(owner) }, limit)
    if (ranking === undefined) return []
    const rows = db.prepare(`WITH ${ranking.sql} ${ROWS}`).all(...ranking.values, owner)
    return rows.map((row): SearchHit => ({
      id: row['id'] as string,
      title: row['title'] as string,
      snippet: snippetOf(row['text'] as string, [...query.words, ...query.forms]),
      score: row['score'] as number
    }))
  }
}
