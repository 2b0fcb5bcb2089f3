// Searches the index of documents, on a read-only connection: in a worker, or in this process if there is none.
// Tested in test/plugins/library/sqlite.test.ts.
import { ToolError } from '../../authoring/tool.ts'
import { candidatesOf, isSelective } from './candidates.ts'
import { readingsOf, readWords } from './compounds.ts'
import type { SearchHit } from './contract.ts'
import { rankingOf, type Asked } from './fts5.ts'
import type { Language } from './languages.ts'
import { createNearest, fuse, FUSED } from './nearest.ts'
import { openReader } from './reader.ts'
import { snippetOf } from './snippet.ts'
import { correctAll, createStatistics, type Statistics } from './statistics.ts'
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
  /** @param vector of the query, where documents have vectors too. */
  search(query: string, limit: number, vector?: Float32Array): SearchHit[]
  close(): void
}

/** @param path the file of the index, with the tables of `fts5.ts` beside `documents`. */
export function openDocumentSearch (path: string): DocumentSearch {
  const db = openReader(path)
  const index = createStatistics(db)
  const languages = db.prepare('SELECT DISTINCT language FROM documents INDEXED BY documents_language')
  const text = db.prepare('SELECT text FROM documents WHERE key = ?')
  const rowOf = db.prepare('SELECT key, id, part, parts, title FROM documents WHERE key = ?')
  const nearest = createNearest(db)
  const textOf = ({ key }: { key: number }) => text.get(key)!['text'] as string

  return {
    search (query, limit, vector) {
      const known = languages.all().map(({ language }) => language as Language)
      const read = readWords(readingsOf(parseQuery(query, known)), index.occurs)
      const corrected = { ...read, words: correctAll(read.words, read.languages, index) }
      const hits = rank(corrected, limit, vector)
      const loose = hits.length === 0 ? withoutPhrases(corrected) : undefined
      return loose ? rank(loose, limit) : hits
    },
    close: () => db.close()
  }

  function rank (query: Query, limit: number, vector?: Float32Array): SearchHit[] {
    const asked = boundQuery(query, index)
    // A phrase is asked for by its letters.
    const near = vector && asked.phrases.length === 0 ? nearest.keys(vector) : []
    const byWords = rankByWords(asked, Math.max(limit * PARTS_PER_HIT, near.length > 0 ? FUSED : 0))
    const rows = near.length > 0 ? withNear(byWords, near) : byWords
    const words = [...asked.words, ...asked.forms]
    return eachPageOnce(rows, limit, textOf).map(({ key, ...hit }) => ({
      ...hit,
      snippet: snippetOf(textOf({ key }), words)
    }))
  }

  function rankByWords (asked: Asked, limit: number): Row[] {
    const ranking = rankingOf(asked, limit)
    if (ranking === undefined) return []
    return db.prepare(`WITH ${ranking.sql} ${ROWS}`).all(...ranking.values) as unknown as Row[]
  }

  function withNear (byWords: readonly Row[], near: readonly number[]): Row[] {
    const rows = new Map(byWords.map((row) => [row.key, row]))
    return fuse([byWords.slice(0, FUSED).map(({ key }) => key), near]).flatMap(({ key, score }) => {
      const row = rows.get(key) ?? (rowOf.get(key) as Row | undefined)
      return row ? [{ ...row, score }] : []
    })
  }
}

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
