// The invitation for the first account of a fresh server: every start issues it again, until there is an account.
// Tested in test/plugins/accounts/invitations.test.ts.
import type { Clock } from '../../clock.ts'
import { hashSecret, randomSecret } from '../secrets.ts'
import type { Storage } from '../storage/contract.ts'
import { INVITATION_SECONDS } from './invitation.ts'

interface Stored {
  /** Hash of the secret. */
  id: string
  expiresAt: number
}

export interface FirstInvitation {
  isValid(secret: string): Promise<boolean>
  /** Of any number of callers one gets `giveBack`. */
  take(secret: string): Promise<{ giveBack(): Promise<void> } | undefined>
  /** Replaces those of earlier starts; undefined once there is an account. */
  invite(): Promise<string | undefined>
  /** There is an account: it is void from now on. */
  close(): Promise<void>
}

/** One record, so that a new invitation replaces the one before. */
export function createFirstInvitation (storage: Storage, now: Clock): FirstInvitation {
  const ID = 'first account'
  const store = storage.collection<Stored>('firstInvitation')
  const milestones = storage.collection<{ at: typeof ID }>('milestone')
  const isClosed = async () => (await milestones.find(ID)) !== undefined
  const write = (id: string, expiresAt: number) => store.put(ID, { id, expiresAt }, Math.max(1, expiresAt - now()))

  return {
    async isValid (secret) {
      const found = await store.find(ID)
      return found?.id === hashSecret(secret) && found.expiresAt > now() && !(await isClosed())
    },
    async take (secret) {
      if (await isClosed()) return undefined
      const id = hashSecret(secret)
      const taken = await store.update<Stored | undefined>(ID, (found) =>
        found?.id === id && found.expiresAt > now() ? { remove: true, result: found } : { result: undefined }
      )
      return taken && { giveBack: () => write(id, taken.expiresAt) }
    },
    async invite () {
      if (await isClosed()) return undefined
      const secret = randomSecret()
      await write(hashSecret(secret), now() + INVITATION_SECONDS)
      return secret
    },
    async close () {
      await milestones.put(ID, { at: ID }, null)
      await store.delete(ID)
    }
  }
}
