// What is done with the account of one person by one request at a time, on all instances: of two at once, each would end what
// the other leaves.
// Tested in test/plugins/accounts/in-turn.test.ts and test/routes/account/password.test.ts.
import { setTimeout as sleep } from 'node:timers/promises'
import { BackendUnavailable } from '../../auth-backends/contract.ts'
import type { Collection } from '../storage/contract.ts'

/** Longer than nearly all of it takes; after a crash the next waits for it. */
const TURN_SECONDS = 30
/** Milliseconds between two tries. */
const LOOK_MS = 25

/** Whoever may do it is to be asked about within their turn: much may have happened while it was waited for. */
export type InTurn = <T>(userId: string, work: () => Promise<T>) => Promise<T>

type Turns = Pick<Collection<object>, 'create' | 'delete'>

/** @returns false where others have had it for as long as a turn may last. */
export async function takeTurn (turns: Pick<Turns, 'create'>, id: string, seconds = TURN_SECONDS): Promise<boolean> {
  const end = performance.now() + seconds * 1_000
  while (performance.now() < end) {
    if (await turns.create(id, {}, seconds)) return true
    await sleep(LOOK_MS)
  }
  return false
}

export const createInTurn =
  (turns: Turns): InTurn =>
    async (userId, work) => {
      if (!(await takeTurn(turns, userId))) {
        throw new BackendUnavailable('This is already being done with the same account', { reason: 'busy' })
      }
      try {
        return await work()
      } finally {
        // What was done is done: where storage fails now, the turn ends by itself.
        await turns.delete(userId).catch(() => {})
      }
    }
