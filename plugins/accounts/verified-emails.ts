// Whose address is whose: found by the people who showed that they read the mailbox, and by nobody who only says so.
import { normalizeEmail } from '../../auth-backends/contract.ts'
import type { Storage } from '../storage/contract.ts'
import { hashSecret } from '../secrets.ts'
import type { User } from '../sign-in/contract.ts'

export interface VerifiedAddresses {
  find(email: string): Promise<User | undefined>
  /** The first who shows that they read a mailbox keeps its address here, for as long as it is theirs. */
  claim(user: User): Promise<void>
  free(user: User): Promise<void>
}

export function createVerifiedAddresses (
  storage: Storage,
  findUser: (id: string) => Promise<User | undefined>
): VerifiedAddresses {
  const store = storage.collection<{ userId: string }>('verifiedAddress')
  const key = (email: string) => hashSecret(normalizeEmail(email))

  async function find (email: string): Promise<User | undefined> {
    const found = await store.find(key(email))
    const user = found && (await findUser(found.userId))
    // The person may have another address by now.
    return user?.emailVerified && user.email === normalizeEmail(email) ? user : undefined
  }

  return {
    find,
    async claim ({ id, email, emailVerified }) {
      if (email !== undefined && emailVerified && !(await find(email))) { await store.put(key(email), { userId: id }, null) }
    },
    async free ({ id, email }) {
      if (email !== undefined && (await store.find(key(email)))?.userId === id) await store.delete(key(email))
    }
  }
}
