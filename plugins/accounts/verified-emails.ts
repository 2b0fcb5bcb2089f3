// Which person has which verified address: only those who have shown that they read the mailbox are found by it.
import type { Email } from '../../auth-backends/contract.ts'
import { hashSecret } from '../secrets.ts'
import type { User } from '../sign-in/contract.ts'
import type { Storage } from '../storage/contract.ts'

export interface VerifiedEmails {
  find(email: Email): Promise<User | undefined>
  /** The first person who shows that they read a mailbox is found by its address, for as long as it is theirs. */
  claim(user: User): Promise<void>
  free(user: { id: string; email?: Email | undefined }): Promise<void>
}

export function createVerifiedEmails (
  storage: Storage,
  findUser: (id: string) => Promise<User | undefined>
): VerifiedEmails {
  const store = storage.collection<{ userId: string }>('verifiedAddress')

  async function find (email: Email): Promise<User | undefined> {
    const found = await store.find(hashSecret(email))
    const user = found && (await findUser(found.userId))
    // The person may have another address by now.
    return user?.emailVerified && user.email === email ? user : undefined
  }

  return {
    find,
    async claim ({ id, email, emailVerified }) {
      if (email === undefined || !emailVerified || (await find(email))) return
      await store.put(hashSecret(email), { userId: id }, null)
    },
    async free ({ id, email }) {
      if (email === undefined) return
      const key = hashSecret(email)
      if ((await store.find(key))?.userId === id) await store.delete(key)
    }
  }
}
