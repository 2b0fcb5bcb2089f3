// Searches the index of documents, on a read-only connection: in a worker, or in this process if there is none.
// Tested in test/plugins/library/sqlite.test.ts.
import { ToolError } from '../../authoring/tool.ts'
import { candidatesOf, isSelective } from './candidates.ts'
import type { SearchHit } from './contract.ts'
import { rankingOf } from './fts5.ts'
import type { Language } from './languages.ts'
import { openReader } from './reader.ts'
import { snippetOf } from './snippet.ts'
import { correctAll, createStatistics, type Statistics } from './statistics.ts'
import { parseQuery, type Query, type Word } from './tokenize.ts'
import { eachPageOnce } from './versions.ts'

/** Parts that are ranked for each document of the result: several of the best may belong to one document. */
const PARTS_PER_HIT = 5
/** How many places in texts the prefixes of one query may match: some 50 ms. */
const MAX_PREFIX_PLACES = 200_000
/** How many documents may hold the rarest word of a phrase: some 100 ms. */
const MAX_PHRASE_DOCUMENTS = 100_000

const ROWS = 'SELECT key, id, part, parts, title, score FROM best JOIN documents USING (key) ORDER BY score DESC, id, part'

export interface DocumentSearch {
  search(query: string, limit: number): SearchHit[]
  close(): void
}

/** @param path the file of the index, with the tables of `fts5.ts` beside `documents`. */
export function openDocumentSearch (path: string): DocumentSearch {
  const db = openReader(path)
  const index = createStatistics(db)
  const languages = db.prepare('SELECT DISTINCT language FROM documents INDEXED BY documents_language')
  const text = db.prepare('SELECT text FROM documents WHERE key = ?')
  const textOf = ({ key }: { key: number }) => text.get(key)!['text'] as string

  return {
    search (query, limit) {
      const known = languages.all().map(({ language }) => language as Language)
      const parsed = parseQuery(query, known)
      const asked = boundQuery({ ...parsed, words: correctAll(parsed.words, parsed.languages, index) }, index)
      const ranking = rankingOf(asked, limit * PARTS_PER_HIT)
      if (ranking === undefined) return []
      const rows = db.prepare(`WITH ${ranking.sql} ${ROWS}`).all(...ranking.values) as unknown as Array<Omit<SearchHit, 'snippet'> & { key: number }>
      return eachPageOnce(rows, limit, textOf).map(({ key, ...hit }) => ({ ...hit, snippet: snippetOf(textOf({ key }), asked.words) }))
    },
    close: () => db.close()
  }
}

/** Keeps the query within bounds: expensive parts are left out, or refused where leaving them out would change the answer. */
function boundQuery (query: Query, index: Statistics) {
  const words = boundPrefixes(query.words, index)
  const frequency = ({ terms }: Word) => terms.reduce((sum, term) => sum + index.documentFrequency(term), 0)
  const ofTerm = index.documentFrequency
  for (const phrase of query.phrases) {
    if (phrase.every((terms) => Math.min(...terms.map(ofTerm)) <= MAX_PHRASE_DOCUMENTS)) continue
    throw new ToolError('The words in quotation marks are too common. Search for rarer ones, or without quotation marks.')
  }
  const candidates = query.phrases.length > 0 ? [] : candidatesOf(words, frequency, { documents: index.documents() })
  return { ...query, words, candidates, pairs: query.pairs.filter((pair) => isSelective(pair, ofTerm)), tag: '' }
}

/** A prefix that matches too many words is searched as a whole word. */
function boundPrefixes (words: readonly Word[], { countPrefix }: Statistics): Word[] {
  let left = MAX_PREFIX_PLACES
  return words.map((word) => {
    if (!word.isPrefix) return word
    for (const term of word.terms) left -= left > 0 ? countPrefix(term, left) : 0
    return left > 0 ? word : { ...word, isPrefix: false }
  })
}
