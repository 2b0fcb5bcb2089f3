// The people of this server, found by what a backend says of them.
import type { Identity } from '../../auth-backends/contract.ts'
import { BackendUnavailable, normalizeEmail } from '../../auth-backends/contract.ts'
import type { Clock } from '../../clock.ts'
import type { Collection, Storage } from '../storage/contract.ts'
import { accessDenied } from '../../errors.ts'
import { randomSecret } from '../secrets.ts'
import type { IdentityKey, LinkedIdentity, User } from '../sign-in/contract.ts'
import type { AccountExpiry } from './expiry.ts'
import {
  addressOfKept,
  createPointers,
  hasIdentity,
  identitiesMoved,
  linkedIdentity,
  withIdentity,
  type Pointers
} from './identities.ts'
import { createVerifiedAddresses, type VerifiedAddresses } from './verified-emails.ts'

export interface Users {
  find(id: string): Promise<User | undefined>
  /** In no order. For an operator's command, never on the way of a request. */
  all(): AsyncIterable<User>
  /**
   * The user behind an identity, made at the first sign-in, brought up to date at every other.
   * @throws access_denied for a locked one.
   */
  signIn(backend: string, identity: Identity): Promise<User>
  /** Whom an identity leads to. */
  findBy(identity: IdentityKey): Promise<User | undefined>
  /** Whose verified address it is, if anybody's. */
  findByVerifiedEmail(email: string): Promise<User | undefined>
  /** Makes one more identity lead to this person. @returns false, with nothing changed, when it leads to another. */
  link(userId: string, backend: string, identity: Identity): Promise<boolean>
  /**
   * Identities stop leading to this person, and every session of theirs is over.
   * @param keep of all identities those that stay; returning them all changes nothing. @returns what was removed.
   */
  unlink(userId: string, keep: (identities: LinkedIdentity[]) => LinkedIdentity[]): Promise<LinkedIdentity[]>
  /** @returns the changed user, or undefined when there is none. */
  change(id: string, decide: (user: User) => User): Promise<User | undefined>
  /**
   * The person has another address at the backend that said `from`.
   * @returns the changed user, or undefined when there is none.
   */
  changeAddress(id: string, change: AddressChange): Promise<User | undefined>
  /** Deletes the record and the ways to it. The same identity that comes again is somebody new. */
  delete(user: User): Promise<void>
}

export interface AddressChange {
  from: string
  to: string
  verified: boolean
}

export function createUsers (storage: Storage, now: Clock, deadlines: AccountExpiry): Users {
  const users = storage.collection<User>('user')
  const pointers = createPointers(storage)
  const addresses = createVerifiedAddresses(storage, (id) => users.find(id))

  const change = (id: string, decide: (user: User) => User) =>
    users.update<User | undefined>(id, (known) => {
      if (!known) return { result: undefined }
      const user = decide(known)
      return { write: { record: user, ttl: null }, result: user }
    })

  /**
   * @returns undefined where the identity was removed from the person it led to, and cut short before its pointer was
   * gone: it leads to nobody then.
   */
  async function enter (backend: string, identity: Identity): Promise<User | undefined> {
    const linked = linkedIdentity(backend, identity)
    const id = await pointers.claim(linked, randomSecret(16))
    const endsAt = await deadlines.begin(id, backend)
    const entered = await users.update<User | undefined>(id, (known) => {
      if (known && !hasIdentity(known, linked)) return { result: undefined }
      if (known?.locked) throw accessDenied('This account is locked. Ask the person who runs this server.')
      const user = userAfter(known, id, linked, identity, now(), endsAt)
      return { write: { record: user, ttl: null }, result: user }
    })
    if (!entered) await pointers.free(linked, id)
    return entered
  }

  return {
    find: (id) => users.find(id),
    async findBy (identity) {
      const userId = await pointers.find(identity)
      const user = userId === undefined ? undefined : await users.find(userId)
      return user && hasIdentity(user, identity) ? user : undefined
    },
    findByVerifiedEmail: addresses.find,
    ...createLinking({ users, pointers, addresses }),
    async * all () {
      for await (const { record } of users.all()) yield record
    },
    async signIn (backend, identity) {
      const signedIn = (await enter(backend, identity)) ?? (await enter(backend, identity))
      if (!signedIn) throw new BackendUnavailable('This way to sign in is being changed', { reason: 'busy' })
      await addresses.claim(signedIn)
      return signedIn
    },
    change,
    async changeAddress (id, to) {
      const before = await users.find(id)
      const user = await change(id, (known) => ({
        ...known,
        identities: identitiesMoved(known.identities, to),
        ...addressMoved(known, to)
      }))
      if (before && before.email !== user?.email) await addresses.free(before)
      if (user) await addresses.claim(user)
      return user
    },
    async delete (user) {
      for (const identity of user.identities) await pointers.free(identity, user.id)
      await addresses.free(user)
      await users.delete(user.id)
      await deadlines.forget(user.id)
    }
  }
}

interface Linking {
  users: Collection<User>
  pointers: Pointers
  addresses: Pick<VerifiedAddresses, 'free'>
}

/** See {@link Users.link} and {@link Users.unlink}. */
function createLinking ({ users, pointers, addresses }: Linking): Pick<Users, 'link' | 'unlink'> {
  return {
    async link (userId, backend, identity) {
      const linked = linkedIdentity(backend, identity)
      if ((await pointers.claim(linked, userId)) !== userId) return false
      await users.update(userId, (known) =>
        known
          ? {
              write: { record: { ...known, identities: withIdentity(known.identities, linked) }, ttl: null },
              result: undefined
            }
          : { result: undefined }
      )
      return true
    },
    async unlink (userId, keep) {
      const { before, after } = await users.update<{ before?: User; after?: User }>(userId, (known) => {
        const kept = known && keep(known.identities)
        if (!kept || kept.length === known.identities.length) return { result: {} }
        const user = endSessions({ ...known, identities: kept, ...addressOfKept(known, kept) })
        return { write: { record: user, ttl: null }, result: { before: known, after: user } }
      })
      if (!before || !after) return []
      const removed = before.identities.filter((identity) => !hasIdentity(after, identity))
      for (const identity of removed) await pointers.free(identity, userId)
      if (before.email !== after.email) await addresses.free(before)
      return removed
    }
  }
}

/** Browser sessions of before are over. */
export const endSessions = (user: User): User => ({ ...user, sessionEpoch: (user.sessionEpoch ?? 0) + 1 })

const userAfter = (
  known: User | undefined,
  id: string,
  linked: LinkedIdentity,
  identity: Identity,
  now: number,
  endsAt: number | undefined
): User => ({
  id,
  identities: withIdentity(known?.identities ?? [], linked),
  backend: linked.backend,
  ...addressAfter(known, identity),
  ...(identity.name !== undefined && { name: identity.name }),
  createdAt: known?.createdAt ?? now,
  lastSignInAt: now,
  ...(known?.sessionEpoch !== undefined && { sessionEpoch: known.sessionEpoch }),
  ...(endsAt !== undefined && { endsAt })
})

/** An address that another way in has shown stays, unless the new one is shown as well. */
function addressMoved (
  { email, emailVerified }: User,
  { from, to, verified }: AddressChange
): Pick<User, 'email' | 'emailVerified'> {
  if (verified) return { email: to, emailVerified: true }
  return email === from || !emailVerified ? { email: to, emailVerified: undefined } : { email, emailVerified }
}

/**
 * What the last sign-in said; but of somebody with several ways in, an unproven address never replaces a proven one.
 */
function addressAfter (
  known: User | undefined,
  { email, emailVerified }: Identity
): Pick<User, 'email' | 'emailVerified'> {
  if (known?.emailVerified && !emailVerified && known.identities.length > 1) { return { email: known.email!, emailVerified: true } }
  return {
    ...(email !== undefined && { email: normalizeEmail(email) }),
    ...(emailVerified !== undefined && { emailVerified })
  }
}

/** What to call a person on a page. */
export const displayName = (user: User): string => user.name ?? user.email ?? 'a user without a name'

/**
 * Whether the allow-list lets this identity in: an address or an `@domain` of it. An address the backend knows to be
 * unproven opens nothing; where there is no way to prove one (local accounts without mail) it is taken at its word.
 */
export function isAllowed (
  allowedEmails: readonly string[],
  identity: Pick<Identity, 'email' | 'emailVerified'>
): boolean {
  if (allowedEmails.length === 0) return true
  if (identity.email === undefined || identity.emailVerified === false) return false
  const email = normalizeEmail(identity.email)
  return allowedEmails.includes(email) || allowedEmails.includes(email.slice(email.lastIndexOf('@')))
}
