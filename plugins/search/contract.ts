// Full-text search, shared by documents and notes: how text becomes terms, how a query finds candidates and ranks them,
// and what a search may cost. It knows neither documents nor people: a store hands it a database and a query.
//
// From a text to terms, the same for documents and queries:
//   canonical         one spelling for each word (NFKC, full case folding, without format characters and points)
//   tokenize          words; scripts without spaces are cut by Intl.Segmenter
//   languages, stem   stems, by the language of the text or by the script, then without accents
//   forms             other forms of words, in a field of their own: wi-fi as wifi, getUserById by its words
//
// From a query to hits:
//   tokenize          words, pairs of neighboring words, "phrases" and prefixes*, without the small words of its language
//   compounds         one word as two, two as one, and what begins with a word, by what documents hold
//   correct           adds to a word that no document holds the nearest one that does occur
//   candidates        the rarest words that are expected to find enough: only what holds one of them is ranked
//   fts5, tsvector    the statement for the engine: SQLite's FTS5, or Postgres
//   versions          one hit for the versions of a page
//   snippet           the passage of a hit with most words of the query
//   merge-results     one list from documents, notes and further sources, whose scores cannot be compared
//   worker            runs SQLite's searches, and cuts Postgres' snippets, in a process that reads the indexes and nothing else
//
// Ranking is BM25 (k1 = 1.2, b = 0.75) of each field apart, with the field's own mean length, added up: text 1, title 0.3,
// other forms of words 0.2, headings 0.15, path 0.1; and pairs of neighboring words, as terms of their own, 0.3
// (`fields.ts`). A text that does not begin with its title gets it as its first words. FTS5 knows how rare a term is (idf)
// in each field; Postgres does not, so term-weights takes it from the planner's statistics of all fields together. The
// weights are the same for every language and collection. `npm run bench:search` measures them.
// Types and names only; test/plugins/search/quality.test.ts holds what must not get worse.
// This room owns the words and the ranking; it hands hits to the library and the notes.

/** One hit of a search, of any store. */
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

/** Whose documents are searched. */
export interface Seen {
  /** Numbers of audiences, as the index has them. */
  audiences: readonly number[]
  /** Nothing is hidden from the caller, by the rules alone: what documents there are must not matter. */
  isAll: boolean
}

/** The indexes in SQLite, inside DATA_DIR. */
export const INDEX_FILES = { documents: 'library.db', notes: 'notes.db' } as const
