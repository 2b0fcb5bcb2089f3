// Full-text search, shared by documents and notes: how text becomes terms, how a query finds candidates and ranks them,
// and what a search may cost. It knows neither documents nor people: a store hands it a database and a query.
//
// From a query to hits:
//   tokenize          words, pairs of neighboring words, "phrases" and prefixes*, without English stop words
//   candidates        the rarest words that are expected to find enough: only what holds one of them is ranked
//   fts5, tsvector    the expression for the engine: SQLite's FTS5, or Postgres
//   search-cost       the postings that the search reads: below a bound it runs here, above it in a worker (heavy-search)
//   ranking           BM25 over title, path and text, by the engine (FTS5) or in SQL (tsvector, term-weights)
//   snippet           the stretch of a hit where most words of the query stand together
//   merge-results     one list from documents, notes and further sources, whose scores cannot be compared
//
// Ranking is BM25 (k1 = 1.2, b = 0.75) over Porter stems: term frequency, saturated and normalized by length, times the
// inverse document frequency (idf). A word in the title counts four times, in the path twice. FTS5 knows the idf;
// Postgres does not, so term-weights takes it from the planner's statistics. A pair of neighboring words is a term of
// its own, so documents in which they stand together rank higher.
//
// What was measured: 611 one-line descriptions of npm packages as queries, their READMEs as documents. The right README
// came first for 74 % with pairs and 69 % without; Porter stems ranked best of the tokenizers of FTS5; 6,000 candidates
// instead of all hardly changed the first ten. test/plugins/search/quality.test.ts holds what must not get worse.
// Types only.

/** One hit of a search, by whichever store. */
export interface SearchHit {
  id: string
  title: string
  snippet: string
  /** Higher is better; comparable only within one search. */
  score: number
  /** The part of the document that matched best. Absent for what has no parts. */
  part?: number
  parts?: number
}
