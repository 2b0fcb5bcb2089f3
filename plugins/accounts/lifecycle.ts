// What may be done with a person's account: lock, unlock, sign out everywhere, delete. A locked or deleted person's
// tokens and sessions stop at once (threat WB-11).
import type { AuthBackend } from '../../auth-backends/contract.ts'
import type { Clock } from '../../clock.ts'
import type { Grants } from '../oauth/grants/index.ts'
import { isExpired, type IdentityKey, type LinkedIdentity, type User } from '../sign-in/contract.ts'
import type { AccountExpiry } from './expiry.ts'
import { endSessions, isAllowed, type AddressChange, type Users } from './users.ts'

/** Deletes what one room keeps of a person. May be called twice. */
export type Eraser = (userId: string) => Promise<void>

/** Each returns false, with nothing done, when there is no such person. */
export interface AccountLifecycle {
  find(id: string): Promise<User | undefined>
  /** Whom an identity of a backend leads to. */
  findByIdentity(identity: IdentityKey): Promise<User | undefined>
  /** In no order. */
  all(): AsyncIterable<User>
  /**
   * Whether tokens may be issued for this person: known, not locked, of a backend that is in use, and still on the
   * allow-list.
   * @param backend the way they signed in for it: it must still lead to them.
   */
  mayHoldTokens(id: string, backend: string): Promise<boolean>
  /** Ends every session and every grant; nobody signs in to the account until it is unlocked. */
  lock(id: string): Promise<boolean>
  unlock(id: string): Promise<boolean>
  /** Ends every browser session. Connected apps stay connected. */
  signOutEverywhere(id: string): Promise<boolean>
  /** Ends every app connection. */
  disconnectApps(id: string): Promise<void>
  /**
   * Takes ways to sign in from the person, with every session, with the apps that were connected through them, and with
   * what this
   * server keeps for the backend. The last way that is in use always stays. @returns what was removed.
   */
  removeSignInMethods(id: string, which: (identity: LinkedIdentity) => boolean): Promise<LinkedIdentity[]>
  /** @param change.from the address that the backend had until now. */
  changeAddress(id: string, change: AddressChange): Promise<boolean>
  /** Deletes whose time is over, the way {@link AccountLifecycle.delete} does. @returns whom. */
  deleteExpired(): Promise<User[]>
  /**
   * Deletes everything the server keeps of the person. If it fails half-way the account is locked, and a second call
   * goes on.
   */
  delete(id: string): Promise<boolean>
  /** For rooms that keep something of people. */
  onDelete(erase: Eraser): void
}

interface Options {
  users: Users
  expiry: AccountExpiry
  grants: Pick<Grants, 'revokeAllOf'>
  backends: ReadonlyMap<string, AuthBackend>
  allowedEmails: readonly string[]
  now: Clock
}

export function createAccountLifecycle ({
  users,
  expiry: deadlines,
  grants,
  backends,
  allowedEmails,
  now
}: Options): AccountLifecycle {
  const erasers: Eraser[] = []

  // The mark comes before the grants are ended, and tokens are issued only after a look at the mark: none slips
  // between.
  async function lock (id: string): Promise<User | undefined> {
    const user = await users.change(id, (known) => ({ ...endSessions(known), locked: true }))
    if (user) await grants.revokeAllOf(id)
    return user
  }

  async function remove (id: string): Promise<boolean> {
    const user = await lock(id)
    if (!user) return false
    for (const erase of erasers) await erase(id)
    for (const { backend, subject } of user.identities) await backends.get(backend)?.deleteUser?.(subject)
    await users.delete(user)
    // Once more: a call that began before the lock may have written something since.
    for (const erase of erasers) await erase(id)
    return true
  }

  return {
    find: users.find,
    findByIdentity: users.findBy,
    all: users.all,
    async mayHoldTokens (id, backend) {
      const user = await users.find(id)
      if (!user || user.locked || isExpired(user, now())) return false
      return (
        backends.has(backend) &&
        user.identities.some((identity) => identity.backend === backend) &&
        isAllowed(allowedEmails, user)
      )
    },
    lock: async (id) => (await lock(id)) !== undefined,
    unlock: async (id) => (await users.change(id, ({ locked: _, ...user }) => user)) !== undefined,
    signOutEverywhere: async (id) => (await users.change(id, endSessions)) !== undefined,
    disconnectApps: (id) => grants.revokeAllOf(id),
    async removeSignInMethods (id, which) {
      const removed = await users.unlink(id, (identities) => {
        const kept = identities.filter((identity) => !which(identity))
        return kept.some(({ backend }) => backends.has(backend)) ? kept : identities
      })
      for (const { backend, subject } of removed) await backends.get(backend)?.deleteUser?.(subject)
      const left = (await users.find(id))?.identities ?? []
      const gone = new Set(
        removed
          .map(({ backend }) => backend)
          .filter((backend) => !left.some((identity) => identity.backend === backend))
      )
      if (gone.size > 0) await grants.revokeAllOf(id, ({ backend }) => gone.has(backend))
      return removed
    },
    changeAddress: async (id, change) => (await users.changeAddress(id, change)) !== undefined,
    async deleteExpired () {
      const deleted: User[] = []
      for await (const id of deadlines.over()) {
        const user = await users.find(id)
        if (user && (await remove(id))) deleted.push(user)
        else await deadlines.forget(id)
      }
      return deleted
    },
    delete: remove,
    onDelete: (erase) => {
      erasers.push(erase)
    }
  }
}
