// Searches that look at much, in a process of their own: SQLite cannot be interrupted, and nobody would be served in
// the meantime.
import { realpathSync } from 'node:fs'
import { ToolError } from '../../authoring/tool.ts'
import type { Workers } from '../workers.ts'
import type { Look } from './heavy-search-task.ts'

/**
 * Runs one reading statement elsewhere.
 * @param person whose share of the workers it takes; `null` for all who have not signed in.
 * @throws ToolError in words for a model, also when it takes too long.
 */
export type HeavySearch = (look: Look, person: string | null) => Promise<Array<Record<string, unknown>>>

/** Places of words that a search looks at, in the index of all texts, before it becomes heavy: some 30 ms. */
export const MAX_LIGHT_PLACES = 300_000

const TASK = new URL('./heavy-search-task.ts', import.meta.url)
const TIMEOUT_MS = 10_000

export const createHeavySearch =
  (workers: Pick<Workers, 'run'>): HeavySearch =>
    async (look, person) => {
      const path = realpathSync(look.path)
      try {
        const reads = [path, `${path}-wal`, `${path}-shm`]
        return await workers.run(TASK, { ...look, path } satisfies Look, { person, timeout: TIMEOUT_MS, reads })
      } catch (error) {
        if ((error as Error).name !== 'TimeoutError') throw error
        throw new ToolError(
          'This search took too long and was stopped: its words stand nearly everywhere. Search for rarer ones, without quotation marks.'
        )
      }
    }
