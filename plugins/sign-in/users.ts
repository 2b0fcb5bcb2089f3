// The people of this server, found by what a backend says of them.
import type { Identity } from '../../auth-backends/contract.ts'
import { BackendUnavailable, normalizeEmail } from '../../auth-backends/contract.ts'
import type { Clock } from '../../clock.ts'
import type { Storage } from '../storage/contract.ts'
import { accessDenied } from '../../errors.ts'
import { hashSecret, randomSecret } from '../storage/sealing.ts'
import type { IdentityKey, LinkedIdentity, User } from './contract.ts'
import type { Deadlines } from './deadlines.ts'
import { createVerifiedAddresses } from './verified-addresses.ts'

export interface Users {
  find (id: string): Promise<User | undefined>
  /** In no order. For an operator's command, never on the way of a request. */
  all (): AsyncIterable<User>
  /** The user behind an identity, made at the first sign-in, brought up to date at every other. @throws access_denied for a locked one. */
  signIn (backend: string, identity: Identity): Promise<User>
  /** Whom an identity leads to. */
  findBy (identity: IdentityKey): Promise<User | undefined>
  /** Whose verified address it is, if anybody's. */
  findByVerifiedEmail (email: string): Promise<User | undefined>
  /** Makes one more identity lead to this person. @returns false, with nothing changed, when it leads to another. */
  link (userId: string, backend: string, identity: Identity): Promise<boolean>
  /**
   * Identities stop leading to this person, and every session of theirs is over.
   * @param keep of all identities those that stay; returning them all changes nothing. @returns what was removed.
   */
  unlink (userId: string, keep: (identities: LinkedIdentity[]) => LinkedIdentity[]): Promise<LinkedIdentity[]>
  /** @returns the changed user, or undefined when there is none. */
  change (id: string, decide: (user: User) => User): Promise<User | undefined>
  /** The person has another address at the backend that said `from`. @returns the changed user, or undefined when there is none. */
  changeAddress (id: string, change: AddressChange): Promise<User | undefined>
  /** Deletes the record and the ways to it. The same identity that comes again is somebody new. */
  delete (user: User): Promise<void>
}

export interface AddressChange { from: string, to: string, verified: boolean }

export function createUsers (storage: Storage, now: Clock, deadlines: Deadlines): Users {
  const users = storage.collection<User>('user')
  const pointers = createPointers(storage)
  const addresses = createVerifiedAddresses(storage, (id) => users.find(id))

  const change = (id: string, decide: (user: User) => User) => users.update<User | undefined>(id, (known) => {
    if (!known) return { result: undefined }
    const user = decide(known)
    return { write: { record: user, ttl: null }, result: user }
  })

  return {
    find: (id) => users.find(id),
    async findBy (identity) {
      const userId = await pointers.find(identity)
      const user = userId === undefined ? undefined : await users.find(userId)
      return user && hasIdentity(user, identity) ? user : undefined
    },
    findByVerifiedEmail: addresses.find,
    async link (userId, backend, identity) {
      const linked = linkedIdentity(backend, identity)
      if (await pointers.claim(linked, userId) !== userId) return false
      await change(userId, (known) => ({ ...known, identities: withIdentity(known.identities, linked) }))
      return true
    },
    async unlink (userId, keep) {
      const { before, after } = await users.update<{ before?: User, after?: User }>(userId, (known) => {
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
    },
    async * all () {
      for await (const { record } of users.all()) yield record
    },
    async signIn (backend, identity) {
      const linked = linkedIdentity(backend, identity)
      const enter = async (): Promise<User | undefined> => {
        const id = await pointers.claim(linked, randomSecret(16))
        const endsAt = await deadlines.begin(id, backend)
        const entered = await users.update<User | undefined>(id, (known) => {
          if (known && !hasIdentity(known, linked)) return { result: undefined }
          if (known?.locked) throw accessDenied('This account is locked. Ask the person who runs this server.')
          const user = userAfter(known, id, linked, identity, now(), endsAt)
          return { write: { record: user, ttl: null }, result: user }
        })
        // Removed from that person, and cut short before the pointer was gone: who comes is somebody new.
        if (!entered) await pointers.free(linked, id)
        return entered
      }
      const signedIn = await enter() ?? await enter()
      if (!signedIn) throw new BackendUnavailable('This way to sign in is being changed', { fault: 'busy' })
      await addresses.claim(signedIn)
      return signedIn
    },
    change,
    async changeAddress (id, to) {
      const before = await users.find(id)
      const user = await change(id, (known) => ({ ...known, identities: identitiesMoved(known.identities, to), ...addressMoved(known, to) }))
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

/** Stands for an identity, in storage and in forms. */
export const keyOf = ({ backend, subject }: IdentityKey): string => hashSecret(JSON.stringify([backend, subject]))

/** Browser sessions of before are over. */
export const endSessions = (user: User): User => ({ ...user, sessionEpoch: (user.sessionEpoch ?? 0) + 1 })

const hasIdentity = ({ identities }: User, { backend, subject }: IdentityKey): boolean =>
  identities.some((other) => other.backend === backend && other.subject === subject)

const linkedIdentity = (backend: string, { subject, email, emailVerified, name }: Identity): LinkedIdentity => ({
  backend,
  subject,
  ...(email !== undefined && { email: normalizeEmail(email) }),
  ...(emailVerified !== undefined && { emailVerified }),
  ...(name !== undefined && { name })
})

/** In its place, if it is there already. */
const withIdentity = (identities: LinkedIdentity[], linked: LinkedIdentity): LinkedIdentity[] => {
  const key = keyOf(linked)
  return identities.some((other) => keyOf(other) === key) ? identities.map((other) => keyOf(other) === key ? linked : other) : [...identities, linked]
}

/** Whom each identity leads to, if that person lists it. */
function createPointers (storage: Storage) {
  const identities = storage.collection<{ userId: string }>('identity')
  const find = async (identity: IdentityKey) => (await identities.find(keyOf(identity)))?.userId
  return {
    find,
    /** @returns to whom it leads from now on: of two at once, both get the id that was written first. */
    async claim (identity: IdentityKey, userId: string): Promise<string> {
      return await find(identity) ?? (await identities.create(keyOf(identity), { userId }, null) ? userId : (await find(identity))!)
    },
    /** Somebody new may have come with it meanwhile: theirs stays. */
    free: (identity: IdentityKey, userId: string): Promise<void> => identities.update(keyOf(identity), (found) =>
      found?.userId === userId ? { remove: true, result: undefined } : { result: undefined })
  }
}

const userAfter = (known: User | undefined, id: string, linked: LinkedIdentity, identity: Identity, now: number, endsAt: number | undefined): User => ({
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

/** The address of an identity that was removed is not the person's any more. */
function addressOfKept ({ email, emailVerified }: User, kept: LinkedIdentity[]): Pick<User, 'email' | 'emailVerified'> {
  if (kept.some((identity) => identity.email === email)) return { email, emailVerified }
  const other = kept.find((identity) => identity.emailVerified) ?? kept.find((identity) => identity.email !== undefined)
  return other ? { email: other.email, emailVerified: other.emailVerified } : { email, emailVerified: undefined }
}

const identitiesMoved = (identities: LinkedIdentity[], { from, to, verified }: AddressChange): LinkedIdentity[] =>
  identities.map((identity) => identity.email === from ? { ...identity, email: to, emailVerified: verified || undefined } : identity)

/** An address that another way in has shown stays, unless the new one is shown as well. */
function addressMoved ({ email, emailVerified }: User, { from, to, verified }: AddressChange): Pick<User, 'email' | 'emailVerified'> {
  if (verified) return { email: to, emailVerified: true }
  return email === from || !emailVerified ? { email: to, emailVerified: undefined } : { email, emailVerified }
}

/** What the last sign-in said; but of somebody with several ways in, an unproven address never replaces a proven one. */
function addressAfter (known: User | undefined, { email, emailVerified }: Identity): Pick<User, 'email' | 'emailVerified'> {
  if (known?.emailVerified && !emailVerified && known.identities.length > 1) return { email: known.email!, emailVerified: true }
  return { ...(email !== undefined && { email: normalizeEmail(email) }), ...(emailVerified !== undefined && { emailVerified }) }
}

/** What to call a person on a page. */
export const displayName = (user: User): string => user.name ?? user.email ?? 'a user without a name'

/**
 * Whether the allow-list lets this identity in: an address or an `@domain` of it. An address the backend knows to be
 * unproven opens nothing; where there is no way to prove one (local accounts without mail) it is taken at its word.
 */
export function isAllowed (allowedEmails: readonly string[], identity: Pick<Identity, 'email' | 'emailVerified'>): boolean {
  if (allowedEmails.length === 0) return true
  if (identity.email === undefined || identity.emailVerified === false) return false
  const email = normalizeEmail(identity.email)
  return allowedEmails.includes(email) || allowedEmails.includes(email.slice(email.lastIndexOf('@')))
}
