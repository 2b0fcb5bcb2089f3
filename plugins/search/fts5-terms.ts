// What an FTS5 index says about its terms: document frequencies and postings. A posting is one place where a term stands.
import type { DatabaseSync } from 'node:sqlite'
import { TOKENIZER } from './fts5.ts'

export interface TermStatistics {
  /** How many documents hold a word. Exact and cached; takes as long as the word is frequent. */
  documentFrequency(word: string): number
  /** How many postings a word has. Exact and cached, as above. */
  postings(word: string): number
  /**
   * Counts postings, at most `limit` of them, so that the time it takes has a bound whatever the index holds.
   * @param isPrefix counts those of all terms that begin with the word.
   */
  countPostings(word: string, isPrefix: boolean, limit: number): number
  /** Whether the word is one term of the index; if the tokenizer splits it, FTS5 looks for a phrase. */
  isSingleTerm(word: string): boolean
  /** Forgets what is cached: after many changes of the index. */
  refresh(): void
}

const MAX_CACHED = 10_000
/** Every term that begins with a text sorts before the text with this character added. */
const LAST_CHARACTER = '\u{10ffff}'

interface Frequency {
  documents: number
  postings: number
}

/** @param db with the index as its table `words`. */
export function createTermStatistics (db: DatabaseSync): TermStatistics {
  const termsOf = createTokenizer(db)
  db.exec("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab('main', 'words', 'row')")
  db.exec("CREATE VIRTUAL TABLE temp.postings USING fts5vocab('main', 'words', 'instance')")
  const frequency = db.prepare('SELECT doc, cnt FROM temp.vocabulary WHERE term = ?')
  const count = (where: string) => db.prepare(`SELECT count(*) AS n FROM (SELECT 1 FROM temp.postings WHERE ${where} LIMIT ?)`)
  const ofTerm = count('term = ?')
  const ofRange = count('term >= ? AND term < ?')
  const cache = new Map<string, Frequency>()

  /** A word that the tokenizer splits is as rare as its rarest piece. */
  function read (word: string): Frequency {
    const rows = termsOf(word).map((term) => frequency.get(term) as { doc: number; cnt: number } | undefined)
    const least = (numbers: number[]) => (numbers.length === 0 ? 0 : Math.min(...numbers))
    return { documents: least(rows.map((row) => row?.doc ?? 0)), postings: least(rows.map((row) => row?.cnt ?? 0)) }
  }
  function frequencyOf (word: string): Frequency {
    const cached = cache.get(word)
    if (cached) return cached
    if (cache.size >= MAX_CACHED) cache.clear()
    const found = read(word)
    cache.set(word, found)
    return found
  }

  return {
    documentFrequency: (word) => frequencyOf(word).documents,
    postings: (word) => frequencyOf(word).postings,
    countPostings (word, isPrefix, limit) {
      // FTS5 takes the last piece of a prefix as the prefix, and reads all of its postings.
      const last = termsOf(word).at(-1)
      if (last === undefined) return 0
      const row = isPrefix ? ofRange.get(last, last + LAST_CHARACTER, limit) : ofTerm.get(last, limit)
      return row!['n'] as number
    },
    isSingleTerm: (word) => termsOf(word).length <= 1,
    refresh: () => cache.clear()
  }
}

/**
 * FTS5 runs the words of a query through the tokenizer, prefixes as well: `nesting*` reads every term that begins with
 * `nest`. Only the tokenizer itself knows what becomes of a word, and FTS5 shows that in an index alone.
 */
function createTokenizer (db: DatabaseSync): (word: string) => string[] {
  db.exec(`CREATE VIRTUAL TABLE temp.query USING fts5 (word, content='', tokenize='${TOKENIZER}')`)
  db.exec("CREATE VIRTUAL TABLE temp.query_terms USING fts5vocab('temp', 'query', 'instance')")
  const clear = db.prepare("INSERT INTO temp.query (query) VALUES ('delete-all')")
  const put = db.prepare('INSERT INTO temp.query (rowid, word) VALUES (1, ?)')
  const terms = db.prepare('SELECT term FROM temp.query_terms ORDER BY offset')
  return (word) => {
    clear.run()
    put.run(word)
    return terms.all().map((row) => row['term'] as string)
  }
}
