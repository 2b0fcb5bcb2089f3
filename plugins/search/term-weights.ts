// Inverse document frequencies for Postgres, from the statistics that its planner has of the column: nothing has to be
// counted or kept up to date.
// Tested in test/plugins/search/quality.test.ts.
import type { Query as Run } from '../postgres.ts'
import { candidatesOf } from './candidates.ts'
import { WEIGHTS } from './fields.ts'
import type { ParsedTsQuery, Term } from './tsvector.ts'

export interface TermWeights {
  /**
   * The idf of each term, the mean length of each field, and the terms whose documents are the candidates.
   */
  weigh(asked: ParsedTsQuery): Promise<{ weights: number[]; averages: number[]; candidates: Term[] }>
  /** Reads the statistics now. */
  refresh(): Promise<void>
}

/** Mean lengths of a text, a title, its headings and its path, in terms, before there are statistics. */
const LENGTHS = [500, 5, 20, 4]

interface Statistics {
  documents: number
  averages: number[]
  share: Map<string, number>
  min: number
}

/** Statistics that are older are read again by the next search. */
const MAX_AGE_MS = 300_000
/** Candidates at most: ranking takes Postgres some 5 µs for each, times the words. */
const MAX_RANKED = 3_000

/**
 * @param table with its schema. The statistics are those of the last ANALYZE; before the first, all words are alike.
 */
export function createTermWeights (query: Run, table: string): TermWeights {
  let known: Statistics = { documents: 0, averages: LENGTHS, share: new Map(), min: 0 }
  let read = -Infinity

  async function refresh (): Promise<void> {
    read = performance.now()
    const [row] = await query<{
      documents: number
      averages: Array<number | null>
      words: string[] | null
      shares: number[] | null
    }>(`
      SELECT reltuples::float8 AS documents, (SELECT ARRAY[avg(nullif(lengths[1], 0)), avg(nullif(lengths[2], 0)), avg(nullif(lengths[3], 0)), avg(nullif(lengths[4], 0))]::float8[]
          FROM ${table} TABLESAMPLE SYSTEM (least(100, 100000 / greatest(1, reltuples)))) AS averages,
        most_common_elems::text::text[] AS words, most_common_elem_freqs::float8[] AS shares
      FROM pg_class LEFT JOIN pg_stats ON attname = 'words' AND format('%I.%I', schemaname, tablename) = '${table}'
      WHERE pg_class.oid = '${table}'::regclass
    `)
    if (!row) return
    // After the shares of the words come the smallest, the largest, and that of empty values.
    const shares = row.shares ?? []
    const words = row.words ?? []
    known = {
      documents: Math.max(0, row.documents),
      averages: known.averages.map((before, place) => row.averages[place] || before),
      share: new Map(words.map((word, index) => [word, shares[index]!])),
      min: shares[words.length] ?? 0
    }
  }

  const shareOf = (lexeme: string): number => known.share.get(lexeme) ?? known.min / 2
  const weightOf = (lexeme: string): number => {
    const found = shareOf(lexeme) * known.documents
    return Math.log(1 + (Math.max(known.documents, 1) - found + 0.5) / (found + 0.5))
  }

  return {
    refresh,
    async weigh ({ terms }) {
      if (performance.now() - read > MAX_AGE_MS) await refresh()
      // A pair has its own weight.
      const weights = terms.map(({ lexemes, isForm }) =>
        lexemes.reduce((sum, lexeme) => sum + weightOf(lexeme), 0) * (isForm && lexemes.length === 1 ? WEIGHTS.forms : 1)
      )
      const words = terms.filter(({ lexemes, isForm }) => lexemes.length === 1 && !isForm)
      const found = ({ lexemes }: Term): number => shareOf(lexemes[0]!) * known.documents
      const groups = candidatesOf(words, found, { documents: known.documents, wanted: MAX_RANKED })
      const candidates = groups.map((group): Term => ({
        match: group.map(({ match }) => `(${match})`).join(' & '),
        lexemes: group.flatMap(({ lexemes }) => lexemes),
        isForm: false
      }))
      const isRare = ({ lexemes }: Term): boolean =>
        Math.min(...lexemes.map((lexeme) => shareOf(lexeme) * known.documents)) <= MAX_RANKED
      candidates.push(...terms.filter((term) => term.isForm && isRare(term)))
      return { weights, averages: known.averages, candidates: candidates.length > 0 ? candidates : terms }
    }
  }
}
