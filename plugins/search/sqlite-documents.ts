// Searches the indexes of documents, on a read-only connection: in a worker, or in this
// process if there is none. Each audience has an index; those that the caller may see count
// as one.
// Tested in test/plugins/library/sqlite.test.ts.
import type { DatabaseSync } from 'node:sqlite'
import { ToolError } from '../../authoring/tool.ts'
import { candidatesOf, isSelective } from './candidates.ts'
import { readingsOf, readWords } from './compounds.ts'
import type { SearchHit, Seen } from './contract.ts'
import { rankingOf, type Asked } from './fts5.ts'
import { divide, openIndexes, scoreTogether, type Index } from './audience-indexes.ts'
import { createNearest, fuse, FUSED } from './nearest.ts'
import { openReader } from './reader.ts'
import { snippetOf } from './snippet.ts'
import { correctAll, together, type Statistics } from './statistics.ts'
import { parseQuery, withoutPhrases, type Query, type Word } from './tokenize.ts'
import { eachPageOnce } from './versions.ts'

/** Parts that are ranked for each document of the result: several of the best may belong to one document. */
const PARTS_PER_HIT = 5
/** How many places in texts the prefixes of one query may match: some 50 ms. */
const MAX_PREFIX_PLACES = 200_000
/** The same for other forms of the words: 5 ms. Those beyond are left out. */
const MAX_FORM_PLACES = 20_000
/** How many documents may hold the rarest word of a phrase: some 100 ms. */
const MAX_PHRASE_DOCUMENTS = 100_000

const ROWS = 'SELECT key, id, part, parts, title, score FROM best JOIN documents USING (key) ORDER BY score DESC, id, part'

type Row = Omit<SearchHit, 'snippet'> & { key: number }

export interface DocumentSearch {
  /**
   * @param vector of the query, where documents have vectors too.
   */
  search(query: string, limit: number, seen: Seen, vector?: Float32Array): SearchHit[]
  close(): void
}

/** @param path the file of the index, with the tables of `fts5.ts` beside `documents`. */
export function openDocumentSearch (path: string): DocumentSearch {
  const db = openReader(path)
  const indexes = openIndexes(db)
  const nearest = createNearest(db)
  const rank = createRanking(db)

  function searchIn (
    { audiences, isAll }: Seen,
    query: string,
    limit: number,
    vector?: Float32Array
  ): SearchHit[] {
    const seen = indexes.of(audiences, isAll)
    const statistics = together(seen)
    const read = readWords(readingsOf(parseQuery(query, indexes.languages(audiences))), statistics.occurs)
    const corrected = { ...read, words: correctAll(read.words, read.languages, statistics) }
    const asked = boundQuery(corrected, statistics)
    // A phrase is asked for by its letters.
    const near = vector && asked.phrases.length === 0 ? nearest.keys(vector, audiences) : []
    const hits = rank(seen, asked, limit, near)
    const loose = hits.length === 0 ? withoutPhrases(corrected) : undefined
    return loose ? rank(seen, boundQuery(loose, statistics), limit) : hits
  }

  return {
    search (query, limit, { audiences, isAll }, vector) {
      // One state of the file: a document that moves to another audience meanwhile is found
      // once.
      db.exec('BEGIN')
      try {
        const existing = indexes.existing()
        const seen = audiences.filter((audience) => existing.has(audience))
        return seen.length === 0 ? [] : searchIn({ audiences: seen, isAll }, query, limit, vector)
      } finally {
        if (db.isTransaction) db.exec('COMMIT')
      }
    },
    close: () => db.close()
  }
}

type Rank = (seen: readonly Index[], asked: Asked, limit: number, near?: readonly number[]) => SearchHit[]

/**
 * @returns what ranks, by words, and by the keys of the parts that are nearest in meaning.
 */
function createRanking (db: DatabaseSync): Rank {
  const text = db.prepare('SELECT text FROM documents WHERE key = ?')
  const rowOf = db.prepare('SELECT key, id, part, parts, title FROM documents WHERE key = ?')
  const textOf = ({ key }: { key: number }) => text.get(key)!['text'] as string

  function rankByWords (seen: readonly Index[], asked: Asked, limit: number): Row[] {
    const [small, large] = divide(seen, asked)
    const best = large.flatMap(({ suffix }): Row[] => {
      const ranking = rankingOf(asked, limit, suffix)
      if (ranking === undefined) return []
      return db.prepare(`WITH ${ranking.sql} ${ROWS}`).all(...ranking.values) as unknown as Row[]
    })
    if (seen.length === 1) return best
    const apart = scoreTogether(small, large, asked, limit)
    const rows = apart.map(({ key, score }) => ({ ...(rowOf.get(key) as unknown as Row), score }))
    return [...best, ...rows].sort(bestFirst).slice(0, limit)
  }

  function withNear (byWords: readonly Row[], near: readonly number[]): Row[] {
    const rows = new Map(byWords.map((row) => [row.key, row]))
    return fuse([byWords.slice(0, FUSED).map(({ key }) => key), near]).flatMap(({ key, score }) => {
      const row = rows.get(key) ?? (rowOf.get(key) as Row | undefined)
      return row ? [{ ...row, score }] : []
    })
  }

  return (seen, asked, limit, near = []) => {
    const byWords = rankByWords(seen, asked, Math.max(limit * PARTS_PER_HIT, near.length > 0 ? FUSED : 0))
    const rows = near.length > 0 ? withNear(byWords, near) : byWords
    const words = [...asked.words, ...asked.forms]
    return eachPageOnce(rows, limit, textOf).map(({ key, ...hit }) => ({
      ...hit,
      snippet: snippetOf(textOf({ key }), words)
    }))
  }
}

const bestFirst = (a: Row, b: Row): number =>
  b.score - a.score || (a.id === b.id ? a.part! - b.part! : a.id < b.id ? -1 : 1)

/** Keeps the query within bounds: expensive parts are left out, or refused where leaving them out would change the answer. */
function boundQuery (query: Query, index: Statistics): Asked {
  const words = boundPrefixes(query.words, MAX_PREFIX_PLACES, index)
  const forms = boundPrefixes(query.forms, MAX_FORM_PLACES, index).filter(
    ({ isPrefix }, at) => isPrefix === query.forms[at]!.isPrefix
  )
  const frequency = ({ terms }: Word) => terms.reduce((sum, term) => sum + index.documentFrequency(term), 0)
  const ofTerm = index.documentFrequency
  for (const phrase of query.phrases) {
    if (phrase.every((terms) => Math.min(...terms.map(ofTerm)) <= MAX_PHRASE_DOCUMENTS)) continue
    throw new ToolError('The words in quotation marks are too common. Search for rarer ones, or without quotation marks.')
  }
  const candidates = query.phrases.length > 0 ? [] : candidatesOf(words, frequency, { documents: index.documents() })
  const pairs = query.pairs.filter((pair) => isSelective(pair, ofTerm))
  return { ...query, words, forms, candidates, pairs, tag: '' }
}

/** A prefix that matches too many words is searched as a whole word. */
function boundPrefixes (words: readonly Word[], places: number, { countPrefix }: Statistics): Word[] {
  let left = places
  return words.map((word) => {
    if (!word.isPrefix) return word
    for (const term of word.terms) left -= left > 0 ? countPrefix(term, left) : 0
    return left > 0 ? word : { ...word, isPrefix: false }
  })
}
