// The turns in which people search, and what a model reads where there is none: a search may take seconds, and one
// person's must not hold up those of others.
// Tested in test/plugins/search/worker.test.ts and test/plugins/library/postgres.test.ts.
import { ToolError } from '../../authoring/tool.ts'
import { FairQueue, GaveWay, TooManyWaiting, type QueueLimits } from '../workers/fair-queue.ts'
import { WorkersBusy } from '../workers.ts'

/** Maximum wait for a turn. */
const MAX_WAIT_MS = 20_000

/**
 * @param person whose turn it is; `null` for all who have not signed in.
 * @param search gets a signal that is aborted when the turn is needed by others.
 * @throws ToolError in words for a model: too many searches wait, or this one takes too long.
 */
export type InTurn = <Out>(person: string | null, search: (signal: AbortSignal) => Promise<Out>) => Promise<Out>

export function createTurns (limits: QueueLimits): InTurn {
  const queue = new FairQueue(limits)
  return async (person, search) => {
    try {
      const turn = await queue.take(person === null ? 'anonymous' : `user ${person}`, AbortSignal.timeout(MAX_WAIT_MS))
      try {
        return await search(turn.signal)
      } finally {
        turn.release()
      }
    } catch (error) {
      throw inWords(error)
    }
  }
}

function inWords (error: unknown): unknown {
  if (error instanceof TooManyWaiting) return new WorkersBusy(error.own ? 'own' : 'all')
  if (!(error instanceof GaveWay) && (error as Error).name !== 'TimeoutError') return error
  return new ToolError('This search took too long and was stopped. Search for fewer and rarer words.')
}
