// Which person has which verified address: only those who have shown that they read the mailbox are found by it.
import type { Email } from '../../auth-backends/contract.ts'
import { hashSecret } from '../secrets.ts'
import type { User } from '../sign-in/contract.ts'
import type { Storage } from '../storage/contract.ts'
import { verifiedAddresses } from './user-record.ts'

export interface VerifiedEmails {
  find(email: Email): Promise<User | undefined>
  /** As {@link VerifiedEmails.find}, also by an address that the person has shown by another method than the last. */
  findHolder(email: Email): Promise<User | undefined>
  /**
   * The person's record has changed: the first who shows that they read a mailbox is found by its address, for as long as
   * it is theirs. @param after undefined for somebody who is being deleted.
   */
  follow(before: User | undefined, after: User | undefined): Promise<void>
}

export function createVerifiedEmails (
  storage: Storage,
  findUser: (id: string) => Promise<User | undefined>
): VerifiedEmails {
  const store = storage.collection<{ userId: string }>('verifiedAddress')

  async function findHolder (email: Email): Promise<User | undefined> {
    const found = await store.find(hashSecret(email))
    const user = found && (await findUser(found.userId))
    // The person may have another address by now.
    return user && verifiedAddresses(user).includes(email) ? user : undefined
  }
  async function find (email: Email): Promise<User | undefined> {
    const user = await findHolder(email)
    return user?.emailVerified && user.email === email ? user : undefined
  }
  async function claim (user: User): Promise<void> {
    for (const email of verifiedAddresses(user)) {
      const holder = await (email === user.email ? find(email) : findHolder(email))
      if (!holder) await store.put(hashSecret(email), { userId: user.id }, null)
    }
  }
  async function free ({ id, email, identities }: User, left: readonly Email[]): Promise<void> {
    for (const address of new Set([email, ...identities.map((one) => one.email)])) {
      if (address === undefined || left.includes(address)) continue
      const key = hashSecret(address)
      if ((await store.find(key))?.userId === id) await store.delete(key)
    }
  }

  return {
    find,
    findHolder,
    async follow (before, after) {
      if (before) await free(before, after ? verifiedAddresses(after) : [])
      if (after) await claim(after)
    }
  }
}
