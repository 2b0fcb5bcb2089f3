// Runs searches in a separate process, which reads the indexes and nothing else: SQLite cannot be interrupted, and a long
// search would block all other requests; so would the snippets of what Postgres finds. People take turns in it.
import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import type { QueueLimits } from '../workers/fair-queue.ts'
import { MAX_START_MS, type Workers } from '../workers.ts'
import { INDEX_FILES, type SearchHit, type Seen } from './contract.ts'
import { snippetOf } from './snippet.ts'
import type { Search } from './search-task.ts'
import type { Comparison } from './spelling-task.ts'
import type { Snippets } from './snippet-task.ts'
import type { Word } from './tokenize.ts'
import { createTurns } from './turns.ts'

/** @throws ToolError in words for a model: too many searches wait, or this one takes too long. */
export interface SearchWorker {
  /** @param person whose turn it takes; `null` for all who have not signed in. @param vector of the query. */
  searchDocuments(
    query: string,
    limit: number,
    seen: Seen,
    person: string | null,
    vector?: Float32Array
  ): Promise<SearchHit[]>
  /** @param owner whose notes are searched. @param person as above. */
  searchNotes(query: string, limit: number, owner: string, person: string | null): Promise<SearchHit[]>
  /** One for each text. @param words from `parseQuery`. @param person as above. */
  snippets(texts: string[], words: Word[], person: string | null): Promise<string[]>
  /** For each mistyped word the spellings that it may mean. @param person as above. */
  compare(comparison: Comparison, person: string | null): Promise<string[][]>
}

const NOTHING: Seen = { audiences: [], isAll: false }
const SNIPPETS = new URL('./snippet-task.ts', import.meta.url)
const SPELLINGS = new URL('./spelling-task.ts', import.meta.url)
const TASK = new URL('./search-task.ts', import.meta.url)
/** Maximum duration of the search itself. */
const TIMEOUT_MS = 10_000
/**
 * A search takes milliseconds: many may wait. One that is stopped takes the process with it, so that the next would have to
 * start it again, and be stopped as well.
 */
const TURNS = { running: 1, runningEach: 1, waiting: 2_000, waitingEach: 500, sliceMs: 2_000, startMs: MAX_START_MS }

/** @param dataDir the folder of both indexes. @param limits of the turns, where they are others. */
export function createSearchWorker (
  workers: Pick<Workers, 'run'>,
  dataDir: string,
  limits: Partial<QueueLimits> = {}
): SearchWorker {
  const turn = createTurns({ ...TURNS, ...limits })
  let reads: string[] | undefined

  const file = (name: string) => join(realpathSync(dataDir), name)

  async function run (search: Omit<Search, 'path'>, person: string | null): Promise<SearchHit[]> {
    // The same for documents and notes: one process serves both.
    reads ??= Object.values(INDEX_FILES).flatMap((name) => ['', '-wal', '-shm'].map((suffix) => file(name) + suffix))
    return inTurn<SearchHit[]>(TASK, { ...search, path: file(INDEX_FILES[search.kind]) } satisfies Search, person)
  }
  const inTurn = <Out>(task: URL, input: unknown, person: string | null): Promise<Out> =>
    turn(person, (signal, begun) =>
      workers.run<Out>(task, input, { person: { server: 'search' }, reads, begun, timeout: TIMEOUT_MS, signal }))

  return {
    searchDocuments: (query, limit, seen, person, vector) =>
      run({ kind: 'documents', query, limit, owner: '', seen, vector }, person),
    searchNotes: (query, limit, owner, person) => run({ kind: 'notes', query, limit, owner, seen: NOTHING }, person),
    snippets: (texts, words, person) =>
      inTurn<string[]>(SNIPPETS, { texts, words } satisfies Snippets, person),
    compare: (comparison, person) => inTurn<string[][]>(SPELLINGS, comparison, person)
  }
}

export type SnippetWorker = Pick<SearchWorker, 'snippets'>

/** @param worker without it they are cut in this process. @param person whose turn it takes. */
export async function snippetsOf (
  worker: SnippetWorker | undefined,
  texts: string[],
  words: Word[],
  person: string | null
): Promise<string[]> {
  if (texts.length === 0) return []
  return worker ? worker.snippets(texts, words, person) : texts.map((text) => snippetOf(text, words))
}
