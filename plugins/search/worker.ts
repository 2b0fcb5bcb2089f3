// Runs searches in a separate process, which reads the indexes and nothing else: SQLite cannot be interrupted, and a long
// search would block all other requests; so would the snippets of what Postgres finds. People take turns in it.
import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { ToolError } from '../../authoring/tool.ts'
import type { Workers } from '../workers.ts'
import { FairQueue, GaveWay, TooManyWaiting } from '../workers/fair-queue.ts'
import { WorkersBusy } from '../workers.ts'
import { INDEX_FILES, type SearchHit, type Seen } from './contract.ts'
import { snippetOf } from './snippet.ts'
import type { Search } from './search-task.ts'
import type { Snippets } from './snippet-task.ts'
import type { Word } from './tokenize.ts'

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
  /** @param owner whose notes are searched. */
  searchNotes(query: string, limit: number, owner: string): Promise<SearchHit[]>
  /** One for each text. @param words from `parseQuery`. @param person as above. */
  snippets(texts: string[], words: Word[], person: string | null): Promise<string[]>
}

const NOTHING: Seen = { audiences: [], isAll: false }
const SNIPPETS = new URL('./snippet-task.ts', import.meta.url)
const TASK = new URL('./search-task.ts', import.meta.url)
/** Maximum wait for a turn, and maximum duration of the search itself. */
const MAX_WAIT_MS = 20_000
const TIMEOUT_MS = 10_000
/** A search takes milliseconds: many may wait. */
const TURNS = { running: 1, runningEach: 1, waiting: 2_000, waitingEach: 500, sliceMs: 2_000 }

/** @param dataDir the folder of both indexes. */
export function createSearchWorker (workers: Pick<Workers, 'run'>, dataDir: string): SearchWorker {
  const turns = new FairQueue(TURNS)
  let reads: string[] | undefined

  const file = (name: string) => join(realpathSync(dataDir), name)

  async function run (search: Omit<Search, 'path'>, person: string | null): Promise<SearchHit[]> {
    // The same for documents and notes: one process serves both.
    reads ??= Object.values(INDEX_FILES).flatMap((name) => ['', '-wal', '-shm'].map((suffix) => file(name) + suffix))
    return inTurn<SearchHit[]>(TASK, { ...search, path: file(INDEX_FILES[search.kind]) } satisfies Search, person)
  }
  async function inTurn<Out> (task: URL, input: unknown, person: string | null): Promise<Out> {
    const turn = await turns.take(person === null ? 'anonymous' : `user ${person}`, AbortSignal.timeout(MAX_WAIT_MS))
    try {
      return await workers.run<Out>(task, input, {
        person: { server: 'search' },
        reads,
        timeout: TIMEOUT_MS,
        signal: turn.signal
      })
    } finally {
      turn.release()
    }
  }
  const inWords = (error: unknown): never => {
    if (error instanceof TooManyWaiting) throw new WorkersBusy(error.own ? 'own' : 'all')
    if (!(error instanceof GaveWay) && (error as Error).name !== 'TimeoutError') throw error
    throw new ToolError('This search took too long and was stopped. Search for fewer and rarer words.')
  }

  return {
    searchDocuments: (query, limit, seen, person, vector) =>
      run({ kind: 'documents', query, limit, owner: '', seen, vector }, person).catch(inWords),
    searchNotes: (query, limit, owner) => run({ kind: 'notes', query, limit, owner, seen: NOTHING }, owner).catch(inWords),
    snippets: (texts, words, person) =>
      inTurn<string[]>(SNIPPETS, { texts, words } satisfies Snippets, person).catch(inWords)
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
