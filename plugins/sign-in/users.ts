// The people of this server, found by what a backend says of them.
import type { Identity } from '../../auth-backends/contract.ts'
import { normalizeEmail } from '../../auth-backends/contract.ts'
import type { Clock } from '../../clock.ts'
import type { Storage } from '../storage/contract.ts'
import { accessDenied } from '../../errors.ts'
import { hashSecret, randomSecret } from '../storage/sealing.ts'
import type { IdentityKey, User } from './contract.ts'
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
  link (userId: string, identity: IdentityKey): Promise<boolean>
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
  const identities = createIdentities(storage)
  const addresses = createVerifiedAddresses(storage, (id) => users.find(id))

  const change = (id: string, decide: (user: User) => User) => users.update<User | undefined>(id, (known) => {
    if (!known) return { result: undefined }
    const user = decide(known)
    return { write: { record: user, ttl: null }, result: user }
  })

  return {
    find: (id) => users.find(id),
    async findBy (identity) {
      const userId = await identities.find(identity)
      return userId === undefined ? undefined : users.find(userId)
    },
    findByVerifiedEmail: addresses.find,
    async link (userId, identity) {
      if (await identities.claim(identity, userId) !== userId) return false
      await change(userId, (known) => known.identities.some((other) => keyOf(other) === keyOf(identity)) ? known : { ...known, identities: [...known.identities, identity] })
      return true
    },
    async * all () {
      for await (const { record } of users.all()) yield record
    },
    async signIn (backend, identity) {
      const id = await identities.claim({ backend, subject: identity.subject }, randomSecret(16))
      const endsAt = await deadlines.begin(id, backend)
      const signedIn = await users.update<User>(id, (known) => {
        if (known?.locked) throw accessDenied('This account is locked. Ask the person who runs this server.')
        const user = userAfter(known, id, backend, identity, now(), endsAt)
        return { write: { record: user, ttl: null }, result: user }
      })
      await addresses.claim(signedIn)
      return signedIn
    },
    change,
    async changeAddress (id, to) {
      const before = await users.find(id)
      const user = await change(id, (known) => ({ ...known, ...addressMoved(known, to) }))
      if (before && before.email !== user?.email) await addresses.free(before)
      if (user) await addresses.claim(user)
      return user
    },
    async delete (user) {
      for (const identity of user.identities) await identities.free(identity, user.id)
      await addresses.free(user)
      await users.delete(user.id)
      await deadlines.forget(user.id)
    }
  }
}

const keyOf = ({ backend, subject }: IdentityKey) => hashSecret(JSON.stringify([backend, subject]))

/** Whom each identity leads to. */
function createIdentities (storage: Storage) {
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

const userAfter = (known: User | undefined, id: string, backend: string, identity: Identity, now: number, endsAt: number | undefined): User => ({
  id,
  identities: known?.identities ?? [{ backend, subject: identity.subject }],
  backend,
  ...addressAfter(known, identity),
  ...(identity.name !== undefined && { name: identity.name }),
  createdAt: known?.createdAt ?? now,
  lastSignInAt: now,
  ...(known?.sessionEpoch !== undefined && { sessionEpoch: known.sessionEpoch }),
  ...(endsAt !== undefined && { endsAt })
})

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
