// How an identity comes to lead to a person who is known, and how it stops.
// Tested in test/plugins/accounts/users.test.ts and test/plugins/accounts/cut-short.test.ts.
import type { Identity } from '../../auth-backends/contract.ts'
import type { LinkedIdentity, User } from '../sign-in/contract.ts'
import type { Collection } from '../storage/contract.ts'
import { addressAfterRemoval, hasIdentity, hasIdentityOf, linkedIdentity, withIdentity, type IdentityPointers } from './identities.ts'
import { endSessions } from './user-record.ts'
import type { VerifiedEmails } from './verified-emails.ts'

/** Ends what came by a backend that does not lead to the person: a removal that storage has cut short leaves it. */
export type EndLeft = (userId: string, backend: string) => Promise<void>

export interface Linking {
  /**
   * Makes one more identity lead to this person. @returns false, with nothing changed, when it
   * leads to another, or there is no such person any more, or they are locked: so nothing is added to somebody who is
   * being deleted.
   */
  link(userId: string, backend: string, identity: Identity): Promise<boolean>
  /**
   * Identities stop leading to this person, and all their sessions end.
   * @param keep returns those of all identities that stay; when it returns them all, nothing changes.
   * @returns what was removed.
   */
  unlink(userId: string, keep: (identities: LinkedIdentity[]) => LinkedIdentity[]): Promise<LinkedIdentity[]>
}

export interface Stores {
  users: Collection<User>
  pointers: IdentityPointers
  emails: VerifiedEmails
}

/** See {@link Linking}. */
export function createLinking ({ users, pointers, emails }: Stores, endLeft: EndLeft): Linking {
  return {
    async link (userId, backend, identity) {
      // First: it would be theirs again.
      const before = await users.find(userId)
      if (before && !hasIdentityOf(before, backend)) await endLeft(userId, backend)
      const linked = linkedIdentity(backend, identity)
      if ((await pointers.claim(linked, userId)) !== userId) return false
      const { after, isTheirs } = await users.update<{ after?: User; isTheirs: boolean }>(userId, (known) => {
        if (!known || known.locked) return { result: { isTheirs: known !== undefined && hasIdentity(known, linked) } }
        const record = { ...known, identities: withIdentity(known.identities, linked) }
        return { write: { record, ttl: null }, result: { after: record, isTheirs: true } }
      })
      if (!isTheirs) await pointers.free(linked, userId)
      await emails.follow(undefined, after)
      return after !== undefined
    },
    async unlink (userId, keep) {
      const { before, after } = await users.update<{ before?: User; after?: User }>(userId, (known) => {
        const left = known && keep(known.identities)
        if (!left || left.length === known.identities.length) return { result: {} }
        const user = endSessions({ ...known, identities: left, ...addressAfterRemoval(known, left) })
        return { write: { record: user, ttl: null }, result: { before: known, after: user } }
      })
      if (!before || !after) return []
      const removed = before.identities.filter((identity) => !hasIdentity(after, identity))
      for (const identity of removed) await pointers.free(identity, userId)
      await emails.follow(before, after)
      return removed
    }
  }
}
