// The turns in which people search and use their notes, and what a model reads where there is none: a search may take
// seconds, and what one person does must not hold up others.
// Tested in test/plugins/search/worker.test.ts, test/plugins/library/postgres.test.ts and test/plugins/notes/postgres.test.ts.
import { ToolError } from '../../authoring/tool.ts'
import { FairQueue, GaveWay, TooManyWaiting, type QueueLimits } from '../workers/fair-queue.ts'
import { WorkersBusy } from '../workers.ts'

/** Maximum wait for a turn. */
const MAX_WAIT_MS = 20_000

const SEARCH_IS_LATE = 'This search took too long and was stopped. Search for fewer and rarer words.'

/**
 * @param person whose turn it is; `null` for all who have not signed in.
 * @param work gets a signal that is aborted when the turn is needed by others, and what it calls where its time begins, if
 * the limits say how long it may take to start.
 * @throws ToolError in words for a model: too much waits, or this takes too long.
 */
export type InTurn = <Out>(
  person: string | null,
  work: (signal: AbortSignal, begin: () => void) => Promise<Out>
) => Promise<Out>

/** @param late what a model reads of work that has waited or taken too long. */
export function createTurns (limits: QueueLimits, late = SEARCH_IS_LATE): InTurn {
  const queue = new FairQueue(limits)
  return async (person, work) => {
    try {
      const turn = await queue.take(person === null ? 'anonymous' : `user ${person}`, AbortSignal.timeout(MAX_WAIT_MS))
      try {
        return await work(turn.signal, turn.begin)
      } finally {
        turn.release()
      }
    } catch (error) {
      throw inWords(error, late)
    }
  }
}

/** For a page, which shows notes as well, as for a tool. */
class TooLate extends ToolError {
  readonly statusCode = 503
}

function inWords (error: unknown, late: string): unknown {
  if (error instanceof TooManyWaiting) return new WorkersBusy(error.own ? 'own' : 'all')
  if (!(error instanceof GaveWay) && (error as Error).name !== 'TimeoutError') return error
  return new TooLate(late)
}
