// Inverse document frequencies for Postgres, from the statistics that its planner has of the column: nothing has to be
// counted or kept up to date.
// Tested in test/plugins/search/quality.test.ts.
import type { Query as Run } from '../postgres.ts'
import { candidatesOf } from './candidates.ts'
import { WEIGHTS } from './fields.ts'
import type { ParsedTsQuery, Term } from './tsvector.ts'

export interface TermWeights {
  /**
   * The idf of each term, the mean length of each field, and the terms whose documents are
   * the candidates.
   * @param tables with their schema: those that are searched, and no others count.
   */
  weigh(
    asked: ParsedTsQuery,
    tables: readonly string[]
  ): Promise<{ weights: number[]; averages: number[]; candidates: Term[] }>
  /** Forgets the statistics: the next search reads them again. */
  refresh(): void
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

/** The statistics are those of the last ANALYZE; before the first, all words are alike. */
export function createTermWeights (query: Run): TermWeights {
  const cache = new Map<string, { read: number; statistics: Promise<Statistics> }>()

  function statisticsOf (table: string): Promise<Statistics> {
    const known = cache.get(table)
    if (known && performance.now() - known.read < MAX_AGE_MS) return known.statistics
    const statistics = readStatistics(query, table)
    statistics.catch(() => cache.delete(table))
    cache.set(table, { read: performance.now(), statistics })
    return statistics
  }

  return {
    refresh: () => cache.clear(),
    async weigh ({ terms }, tables) {
      const all = await Promise.all(tables.map(statisticsOf))
      const documents = all.reduce((sum, one) => sum + one.documents, 0)
      const foundOf = (lexeme: string): number =>
        all.reduce((sum, { share, min, documents }) => sum + (share.get(lexeme) ?? min / 2) * documents, 0)
      const weightOf = (lexeme: string): number => {
        const found = foundOf(lexeme)
        return Math.log(1 + (Math.max(documents, 1) - found + 0.5) / (found + 0.5))
      }
      // A pair has its own weight.
      const weights = terms.map(({ lexemes, isForm }) =>
        lexemes.reduce((sum, lexeme) => sum + weightOf(lexeme), 0) * (isForm && lexemes.length === 1 ? WEIGHTS.forms : 1)
      )
      const words = terms.filter(({ lexemes, isForm }) => lexemes.length === 1 && !isForm)
      const groups = candidatesOf(words, ({ lexemes }) => foundOf(lexemes[0]!), { documents, wanted: MAX_RANKED })
      const candidates = groups.map((group): Term => ({
        match: group.map(({ match }) => `(${match})`).join(' & '),
        lexemes: group.flatMap(({ lexemes }) => lexemes),
        isForm: false
      }))
      const isRare = ({ lexemes }: Term): boolean => Math.min(...lexemes.map(foundOf)) <= MAX_RANKED
      candidates.push(...terms.filter((term) => term.isForm && isRare(term)))
      return { weights, averages: averagesOf(all), candidates: candidates.length > 0 ? candidates : terms }
    }
  }
}

/** Means over all documents; before ANALYZE has counted them, every table counts alike. */
function averagesOf (all: readonly Statistics[]): number[] {
  const isCounted = all.some(({ documents }) => documents > 0)
  const parts = all.map(({ documents, averages }) => ({ averages, count: isCounted ? documents : 1 }))
  const total = parts.reduce((sum, { count }) => sum + count, 0)
  return LENGTHS.map((_, place) => parts.reduce((sum, { averages, count }) => sum + averages[place]! * count, 0) / total)
}

async function readStatistics (query: Run, table: string): Promise<Statistics> {
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
  // After the shares of the words come the smallest, the largest, and that of empty values.
  const shares = row!.shares ?? []
  const words = row!.words ?? []
  return {
    documents: Math.max(0, row!.documents),
    averages: LENGTHS.map((before, place) => row!.averages[place] || before),
    share: new Map(words.map((word, index) => [word, shares[index]!])),
    min: shares[words.length] ?? 0
  }
}
