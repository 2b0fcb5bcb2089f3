// Inverse document frequencies for Postgres, from the statistics that its planner has of the column: nothing has to be
// counted or kept up to date.
// Tested in test/plugins/search/quality.test.ts.
import type { Query as Run } from '../postgres.ts'
import { candidatesOf, MIN_CANDIDATES } from './candidates.ts'
import type { ParsedTsQuery, Term } from './tsvector.ts'

export interface TermWeights {
  /**
   * The idf of each term, the mean length of a document, and the terms whose documents are the candidates.
   */
  weigh(asked: ParsedTsQuery): Promise<{ weights: number[]; average: number; candidates: Term[] }>
  /** Reads the statistics now. */
  refresh(): Promise<void>
}

interface Statistics {
  documents: number
  average: number
  share: Map<string, number>
  least: number
}

/** Statistics that are older are read again by the next search. */
const MAX_AGE_MS = 300_000
/** A pair says a little less than both of its words alone. */
const PAIR = 0.5
/** Candidates at most: ranking takes Postgres some 5 µs for each, times the words. */
const MAX_RANKED = 3_000

/**
 * @param table with its schema. The statistics are those of the last ANALYZE; before the first, all words are alike.
 */
export function createTermWeights (query: Run, table: string): TermWeights {
  let known: Statistics = { documents: 0, average: 5_000, share: new Map(), least: 0 }
  let read = -Infinity

  async function refresh (): Promise<void> {
    read = performance.now()
    const [row] = await query<{
      documents: number
      average: number | null
      words: string[] | null
      shares: number[] | null
    }>(`
      SELECT reltuples::float8 AS documents, (SELECT avg(length)::float8 FROM ${table} TABLESAMPLE SYSTEM (least(100, 100000 / greatest(1, reltuples)))) AS average,
        most_common_elems::text::text[] AS words, most_common_elem_freqs::float8[] AS shares
      FROM pg_class LEFT JOIN pg_stats ON attname = 'words' AND format('%I.%I', schemaname, tablename) = '${table}'
      WHERE pg_class.oid = '${table}'::regclass
    `)
    if (!row) return
    // After the shares of the words stand the least, the greatest, and that of empty values.
    const shares = row.shares ?? []
    const words = row.words ?? []
    known = {
      documents: Math.max(0, row.documents),
      average: row.average || known.average,
      share: new Map(words.map((word, index) => [word, shares[index]!])),
      least: shares[words.length] ?? 0
    }
  }

  /** Where even the rarest word is common, candidates must hold the next one too, if that leaves enough of them. */
  function narrow (enough: Term[], words: readonly Term[], found: (word: Term) => number): Term[] {
    const [rarest] = enough
    if (enough.length !== 1 || found(rarest!) <= MAX_RANKED) return enough
    const [next] = words.filter((word) => word !== rarest).sort((a, b) => found(a) - found(b))
    const together = next === undefined ? 0 : (found(rarest!) * found(next)) / known.documents
    return together < MIN_CANDIDATES
      ? enough
      : [{ match: `(${rarest!.match}) & (${next!.match})`, lexemes: [...rarest!.lexemes, ...next!.lexemes] }]
  }

  const shareOf = (lexeme: string): number => known.share.get(lexeme) ?? known.least / 2
  const weightOf = (lexeme: string): number => {
    const found = shareOf(lexeme) * known.documents
    return Math.log(1 + (Math.max(known.documents, 1) - found + 0.5) / (found + 0.5))
  }

  return {
    refresh,
    async weigh ({ terms }) {
      if (performance.now() - read > MAX_AGE_MS) await refresh()
      const weights = terms.map(({ lexemes }) =>
        lexemes.length === 1 ? weightOf(lexemes[0]!) : PAIR * lexemes.reduce((sum, lexeme) => sum + weightOf(lexeme), 0)
      )
      const words = terms.filter(({ lexemes }) => lexemes.length === 1)
      const found = ({ lexemes }: Term): number => shareOf(lexemes[0]!) * known.documents
      const candidates = narrow(candidatesOf(words, found, MAX_RANKED), words, found)
      return { weights, average: known.average, candidates: candidates.length > 0 ? candidates : terms }
    }
  }
}
