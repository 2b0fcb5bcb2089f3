// Which people have which verified address: only those who have shown that they read the mailbox are found by it.
import type { Email } from '../../auth-backends/contract.ts'
import { hashSecret } from '../secrets.ts'
import type { User } from '../sign-in/contract.ts'
import type { Storage } from '../storage/contract.ts'
import { verifiedAddresses } from './user-record.ts'

export interface VerifiedEmails {
  /** The first whose address it is. */
  find(email: Email): Promise<User | undefined>
  /** Everybody who has it, also by another method than the last; the first comes first. */
  findHolders(email: Email): Promise<User[]>
  /**
   * The person's record has changed: whoever shows that they read a mailbox is found by its address, for as long as it is
   * theirs. @param after undefined for somebody who is being deleted.
   */
  follow(before: User | undefined, after: User | undefined): Promise<void>
}

/** Accounts of one mailbox that are known: its reader may make ever more. */
const MAX_HOLDERS = 20

interface Holders {
  userId: string
  /** Who has shown it since. Earlier versions knew nobody but the first. */
  others?: string[]
}

const idsOf = (found: Holders | undefined): string[] => (found ? [found.userId, ...(found.others ?? [])] : [])

export function createVerifiedEmails (
  storage: Storage,
  findUser: (id: string) => Promise<User | undefined>
): VerifiedEmails {
  const store = storage.collection<Holders>('verifiedAddress')

  /** @returns who is named, and of these who has the address now. */
  async function read (email: Email): Promise<{ ids: string[]; holders: User[] }> {
    const ids = idsOf(await store.find(hashSecret(email)))
    const users = await Promise.all(ids.map(findUser))
    return { ids, holders: users.filter((user) => user !== undefined).filter((user) => verifiedAddresses(user).includes(email)) }
  }
  const findHolders = async (email: Email) => (await read(email)).holders
  const change = (email: Email, decide: (ids: string[]) => string[]): Promise<void> =>
    store.update<void>(hashSecret(email), (found) => {
      const [userId, ...others] = decide(idsOf(found))
      if (userId === undefined) return { remove: true, result: undefined }
      return { write: { record: { userId, ...(others.length > 0 && { others }) }, ttl: null }, result: undefined }
    })

  async function claim (user: User): Promise<void> {
    for (const email of verifiedAddresses(user)) {
      const { ids, holders } = await read(email)
      if (holders.some(({ id }) => id === user.id)) continue
      const gone = ids.filter((id) => !holders.some((holder) => holder.id === id))
      await change(email, (now) => [...new Set([...now.filter((id) => !gone.includes(id)), user.id])].slice(0, MAX_HOLDERS))
      // A deletion frees it once the person is gone: it finds this, or is seen here (threat AC-35).
      if (!(await findUser(user.id))) await change(email, (now) => now.filter((id) => id !== user.id))
    }
  }
  async function free ({ id, email, identities }: User, left: readonly Email[]): Promise<void> {
    for (const address of new Set([email, ...identities.map((one) => one.email)])) {
      if (address === undefined || left.includes(address)) continue
      await change(address, (ids) => ids.filter((other) => other !== id))
    }
  }

  return {
    find: async (email) => (await findHolders(email)).find((user) => user.emailVerified && user.email === email),
    findHolders,
    async follow (before, after) {
      if (before) await free(before, after ? verifiedAddresses(after) : [])
      if (after) await claim(after)
    }
  }
}
