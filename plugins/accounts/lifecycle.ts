// What can be done with a person's account: lock, unlock, sign out everywhere, delete. Tokens and sessions of a locked
// or deleted person stop working at once (threat WB-11).
import type { AuthBackend } from '../../auth-backends/contract.ts'
import type { Clock } from '../../clock.ts'
import type { AccessKeys } from '../access-keys/contract.ts'
import type { Grants } from '../oauth/grants/index.ts'
import { whileDeleting } from '../storage/deleting.ts'
import { isActive, type IdentityKey, type LinkedIdentity, type User } from '../sign-in/contract.ts'
import type { AccountExpiry } from './expiry.ts'
import { hasIdentity, hasIdentityOf, type AddressChange } from './identities.ts'
import type { InTurn } from './in-turn.ts'
import { endSessions, isAllowed } from './user-record.ts'
import type { Users } from './users.ts'

/**
 * Deletes what one room stores of a person. May be called twice.
 * @param user as they were: nothing of theirs is older.
 */
export type Eraser = (userId: string, user: User) => Promise<void>

/** Each returns false, with nothing done, when there is no such person. */
export interface AccountLifecycle {
  find(id: string): Promise<User | undefined>
  /** To whom an identity of a backend leads. */
  findByIdentity(identity: IdentityKey): Promise<User | undefined>
  /** In no order. */
  all(): AsyncIterable<User>
  /**
   * Whether tokens may be issued for this person: known, not locked, of a backend in use, and on the allow-list.
   * @param backend the one they signed in with, or the organization they came by: it must still lead to them.
   */
  mayHoldTokens(id: string, backend: string): Promise<boolean>
  /**
   * Ends every session, grant and access key; no one can sign in to the account until it is
   * unlocked.
   */
  lock(id: string): Promise<boolean>
  unlock(id: string): Promise<boolean>
  /**
   * Ends every browser session. Connected apps stay connected, and access keys valid.
   */
  signOutEverywhere(id: string): Promise<boolean>
  /** Ends every app connection. */
  disconnectApps(id: string): Promise<void>
  /**
   * Removes sign-in methods, with every session, the apps that were connected and the access keys that were made through
   * them, and what this server stores for the backend. The last method in use always stays.
   * @param check throws where whoever asked may not any more: others may come first.
   * @returns what was removed.
   */
  removeSignInMethods(
    id: string,
    which: (identity: LinkedIdentity) => boolean,
    check?: () => Promise<unknown>
  ): Promise<LinkedIdentity[]>
  /** Those that the operator put the person in: {@link User.groups}. */
  changeGroups(id: string, decide: (groups: readonly string[]) => string[]): Promise<boolean>
  /** See {@link User.isOwner}. */
  setOwner(id: string, isOwner: boolean): Promise<boolean>
  /** @param change.identity whose backend had the address `from` until now. */
  changeAddress(id: string, change: AddressChange): Promise<boolean>
  /**
   * Deletes expired accounts, as {@link AccountLifecycle.delete} does. @returns them.
   */
  deleteExpired(): Promise<User[]>
  /**
   * Deletes everything the server stores of the person. If it fails half-way the account is locked, and the next sweep
   * continues, or a second call.
   */
  delete(id: string): Promise<boolean>
  /** For rooms that store something of people. */
  onDelete(erase: Eraser): void
}

interface Deps {
  users: Users
  expiry: AccountExpiry
  grants: Pick<Grants, 'revokeAllOf'>
  accessKeys: Pick<AccessKeys, 'revokeAllOf'>
  /** Of sign-in methods: of two at once, each would leave what the other removes. */
  removing: InTurn
  backends: ReadonlyMap<string, AuthBackend>
  /** Where people are known besides. */
  organizations: ReadonlySet<string>
  allowedEmails: readonly string[]
  now: Clock
}

export function createAccountLifecycle (deps: Deps): AccountLifecycle {
  const { users, grants } = deps
  const erasers: Eraser[] = []
  const remove = (id: string) => whileDeleting(() => deleteAccount(deps, erasers, id))

  return {
    find: users.find,
    findByIdentity: users.findBy,
    all: users.all,
    mayHoldTokens: (id, backend) => mayHoldTokens(deps, id, backend),
    lock: async (id) => (await whileDeleting(() => lock(deps, id))) !== undefined,
    async unlock (id) {
      // What a lock has left that storage cut short would be valid again.
      if ((await users.find(id))?.locked) await endAccess(deps, id)
      return (await users.change(id, ({ locked: _, ...user }) => user)) !== undefined
    },
    signOutEverywhere: async (id) => (await whileDeleting(() => users.change(id, endSessions))) !== undefined,
    disconnectApps: (id) => whileDeleting(() => grants.revokeAllOf(id)),
    removeSignInMethods: (id, which, check) =>
      deps.removing(id, async () => {
        await check?.()
        return whileDeleting(() => removeSignInMethods(deps, id, which))
      }),
    changeGroups: async (id, decide) => (await users.change(id, (user) => withGroupsOfOperator(user, decide))) !== undefined,
    setOwner: async (id, isOwner) => (await users.change(id, (user) => withOwner(user, isOwner))) !== undefined,
    changeAddress: async (id, change) => (await users.changeAddress(id, change)) !== undefined,
    async deleteExpired () {
      const deleted: User[] = []
      for await (const id of deps.expiry.expired()) {
        const user = await users.find(id)
        if (user && (await remove(id))) deleted.push(user)
        else await deps.expiry.forget(id)
      }
      return deleted
    },
    delete: remove,
    onDelete: (erase) => {
      erasers.push(erase)
    }
  }
}

function withGroupsOfOperator ({ groups = [], ...user }: User, decide: (groups: readonly string[]) => string[]): User {
  const left = decide(groups)
  return { ...user, ...(left.length > 0 && { groups: left }) }
}

const withOwner = ({ isOwner: _, ...user }: User, isOwner: boolean): User => ({ ...user, ...(isOwner && { isOwner }) })

async function mayHoldTokens (
  { users, backends, organizations, allowedEmails, now }: Deps,
  id: string,
  backend: string
): Promise<boolean> {
  const user = await users.find(id)
  if (!isActive(user, now())) return false
  if (!backends.has(backend) && !organizations.has(backend)) return false
  return hasIdentityOf(user, backend) && isAllowed(allowedEmails, user)
}

/**
 * The mark is set before grants and keys end, and either is issued only after a check of the
 * mark: none slips between.
 */
async function lock (deps: Deps, id: string): Promise<User | undefined> {
  const user = await deps.users.change(id, (known) => ({ ...endSessions(known), locked: true }))
  if (user) await endAccess(deps, id)
  return user
}

async function endAccess ({ grants, accessKeys }: Pick<Deps, 'grants' | 'accessKeys'>, id: string): Promise<void> {
  await grants.revokeAllOf(id)
  await accessKeys.revokeAllOf(id)
}

async function deleteAccount (deps: Deps, erasers: readonly Eraser[], id: string): Promise<boolean> {
  if (!(await deps.users.find(id))) return false
  // First: whoever is locked cannot ask once more.
  await deps.expiry.end(id)
  const user = await lock(deps, id)
  if (!user) return false
  for (const erase of erasers) await erase(id, user)
  for (const { backend, subject } of user.identities) await deps.backends.get(backend)?.deleteUser?.(subject)
  await deps.users.delete(user)
  // Once more: a call that began before the lock may have written something since.
  for (const erase of erasers) await erase(id, user)
  return true
}

async function removeSignInMethods (
  { users, grants, accessKeys, backends }: Deps,
  id: string,
  which: (identity: LinkedIdentity) => boolean
): Promise<LinkedIdentity[]> {
  const leave = (identities: LinkedIdentity[]) => {
    const left = identities.filter((identity) => !which(identity))
    return left.some(({ backend }) => backends.has(backend)) ? left : identities
  }
  const erase = ({ backend, subject }: IdentityKey) => backends.get(backend)?.deleteUser?.(subject)
  const before = (await users.find(id))?.identities ?? []
  const left = leave(before)
  // First: a password that leads to nobody lets in somebody new, and where storage cuts this short, the method is still
  // there to be removed.
  for (const identity of before) if (!left.includes(identity)) await erase(identity)
  const removed = await users.unlink(id, leave)
  for (const identity of removed) if (!hasIdentity({ identities: before }, identity)) await erase(identity)
  // A grant names the backend it came by, not the identity there: where the person has another
  // at the same one, too much
  // ends rather than too little.
  const gone = new Set(removed.map(({ backend }) => backend))
  if (gone.size === 0) return removed
  await grants.revokeAllOf(id, ({ backend }) => gone.has(backend))
  await accessKeys.revokeAllOf(id, ({ backend }) => backend !== undefined && gone.has(backend))
  return removed
}
