// The engines that are compared: the two stores as the server uses them, and the plainest thing that could be called a
// search.
import { DatabaseSync } from 'node:sqlite'
import { ALL_RIGHTS } from '../../plugins/access-rules/contract.ts'
import type { DocumentStore, IndexedDocument } from '../../plugins/library/contract.ts'

export interface Engine {
  name: string
  search(query: string, limit: number): Promise<string[]>
}

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []

export const fromStore = (name: string, store: DocumentStore): Engine => ({
  name,
  search: async (query, limit) => (await store.search(query, limit, ALL_RIGHTS.documents)).map(({ id }) => id)
})

/** Counts how often the words stand in a document, as they were typed: no stems, no rarity, no titles. */
export function keywordBaseline (documents: IndexedDocument[]): Engine {
  const counts = documents.map(({ id, text }) => {
    const count = new Map<string, number>()
    for (const word of wordsOf(text)) count.set(word, (count.get(word) ?? 0) + 1)
    return { id, count }
  })
  return {
    name: 'plain keyword count',
    async search (query, limit) {
      const asked = new Set(wordsOf(query))
      return counts
        .map(({ id, count }) => ({ id, score: [...asked].reduce((sum, word) => sum + (count.get(word) ?? 0), 0) }))
        .filter(({ score }) => score > 0)
        .sort((a, b) => b.score - a.score)
        .slice(0, limit)
        .map(({ id }) => id)
    }
  }
}

/**
 * SQLite's FTS5 with nothing set: every word typed, joined by OR, no weights, and no stemming.
 * @param tokenizer for stemming: `porter unicode61`.
 */
export function untunedFts5 (
  documents: ReadonlyArray<Pick<IndexedDocument, 'id' | 'title' | 'text'>>,
  name = 'FTS5 as it comes',
  tokenizer = 'unicode61'
): Engine {
  const db = new DatabaseSync(':memory:')
  db.exec(`CREATE VIRTUAL TABLE words USING fts5 (id UNINDEXED, title, text, tokenize = '${tokenizer}')`)
  const insert = db.prepare('INSERT INTO words (id, title, text) VALUES (?, ?, ?)')
  for (const { id, title, text } of documents) insert.run(id, title, text)
  const search = db.prepare('SELECT id FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?')
  return {
    name,
    search: async (query, limit) =>
      search
        .all(
          wordsOf(query)
            .map((word) => `"${word}"`)
            .join(' OR '),
          limit
        )
        .map(({ id }) => id as string)
  }
}
