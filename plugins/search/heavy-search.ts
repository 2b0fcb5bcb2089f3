// Searches that read many postings run in a worker: SQLite cannot be interrupted, and no one else would be served
// meanwhile.
import { realpathSync } from 'node:fs'
import { ToolError } from '../../authoring/tool.ts'
import type { Workers } from '../workers.ts'
import type { SearchStatement } from './heavy-search-task.ts'

/**
 * Runs one reading statement in a worker.
 * @param person whose share of the workers it takes; `null` for all who have not signed in.
 * @throws ToolError in words for a model, also when it takes too long.
 */
export type HeavySearch = (
  statement: SearchStatement,
  person: string | null
) => Promise<Array<Record<string, unknown>>>

const TASK = new URL('./heavy-search-task.ts', import.meta.url)
const TIMEOUT_MS = 10_000

export const createHeavySearch =
  (workers: Pick<Workers, 'run'>): HeavySearch =>
    async (statement, person) => {
      const path = realpathSync(statement.path)
      try {
        const reads = [path, `${path}-wal`, `${path}-shm`]
        return await workers.run(TASK, { ...statement, path } satisfies SearchStatement, {
          person,
          timeout: TIMEOUT_MS,
          reads
        })
      } catch (error) {
        if ((error as Error).name !== 'TimeoutError') throw error
        throw new ToolError(
          'This search took too long and was stopped: its words stand nearly everywhere. Search for rarer ones, without quotation marks.'
        )
      }
    }
