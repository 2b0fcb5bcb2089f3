// What a search in Postgres answers, of documents or of notes: phrases that nothing holds count as plain words, and the
// snippets are cut in the worker.
// Tested in test/plugins/library/postgres.test.ts and test/plugins/notes/postgres.test.ts.
import { withoutPhrases, type Query } from './tokenize.ts'
import { snippetsOf, type SnippetWorker } from './worker.ts'

/** @param rank finds the best rows for a query. @param worker, @param person as {@link snippetsOf} takes them. */
export async function hitsOf<Row extends { text: string }> (
  query: Query,
  rank: (query: Query) => Promise<Row[]>,
  worker: SnippetWorker | undefined,
  person: string | null
): Promise<Array<Omit<Row, 'text'> & { snippet: string }>> {
  const found = await rank(query)
  const loose = found.length === 0 ? withoutPhrases(query) : undefined
  const rows = loose ? await rank(loose) : found
  const snippets = await snippetsOf(worker, rows.map(({ text }) => text), [...query.words, ...query.forms], person)
  return rows.map(({ text, ...hit }, index) => ({ ...hit, snippet: snippets[index]! }))
}
