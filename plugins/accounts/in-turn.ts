// What is done with the account of one person by one request at a time, on all instances: of two at once, each would end what
// the other leaves.
// Tested in test/plugins/accounts/cut-short.test.ts and test/routes/account/password.test.ts.
import { BackendUnavailable } from '../../auth-backends/contract.ts'
import type { Collection } from '../storage/contract.ts'

/** Longer than any of it takes; after a crash the next waits for it. */
const TURN_SECONDS = 30

/** @throws BackendUnavailable while another request does the same, with nothing done. */
export type InTurn = <T>(userId: string, work: () => Promise<T>) => Promise<T>

export const createInTurn =
  (turns: Pick<Collection<object>, 'create' | 'delete'>): InTurn =>
    async (userId, work) => {
      if (!(await turns.create(userId, {}, TURN_SECONDS))) {
        throw new BackendUnavailable('This is already being done with the same account', { reason: 'busy' })
      }
      try {
        return await work()
      } finally {
        await turns.delete(userId)
      }
    }
