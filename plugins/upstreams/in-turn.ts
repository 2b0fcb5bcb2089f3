// Work of one caller that is done one after the other: a list of hundreds takes one place, and little waits, not for long.
// Tested in test/plugins/upstreams/followed.test.ts.
import { createLines } from '../../authoring/in-line.ts'

/** Who has left meanwhile has nothing more begun. */
const MAX_WAIT_MS = 60_000

/** Whether whoever asked may still have it done: asked when its turn has come. While nobody can say, they may. */
type MayBegin = () => Promise<boolean>

/** Does the work after all that this holder has waiting. @returns whether it was done: too much may wait, or too long. */
export type InTurn = (holder: string, work: () => Promise<void>, mayBegin?: MayBegin) => Promise<boolean>

/** @param most of one holder, with what is being done. */
export function createInTurn (most: number, maxWaitMs = MAX_WAIT_MS): InTurn {
  const inLine = createLines(most)
  return async (holder, work, mayBegin) => {
    const queuedAt = performance.now()
    const begin = async () => {
      if (performance.now() - queuedAt > maxWaitMs || (await mayBegin?.().catch(() => true)) === false) return false
      await work()
      return true
    }
    return (await inLine(holder, begin)) ?? false
  }
}
