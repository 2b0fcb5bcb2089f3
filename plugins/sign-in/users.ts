// The people of this server, found by what a backend says of them; and the account book for backends without a service behind them.
import type { Account, Accounts, Identity } from '../../auth-backends/contract.ts'
import { normalizeEmail } from '../../auth-backends/contract.ts'
import type { Clock } from '../../clock.ts'
import type { Storage } from '../storage/contract.ts'
import { accessDenied } from '../../errors.ts'
import { hashSecret, randomSecret } from '../storage/sealing.ts'
import type { IdentityKey, User } from './contract.ts'
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
  /** Deletes the record and the ways to it. The same identity that comes again is somebody new. */
  delete (user: User): Promise<void>
}

export function createUsers (storage: Storage, now: Clock): Users {
  const users = storage.collection<User>('user')
  const identities = storage.collection<{ userId: string }>('identity')

  const addresses = createVerifiedAddresses(storage, (id) => users.find(id))

  const keyOf = ({ backend, subject }: IdentityKey) => hashSecret(JSON.stringify([backend, subject]))

  /** Of two first sign-ins at once, both get the id that was written first. */
  async function userIdOf (identity: IdentityKey): Promise<string> {
    const key = keyOf(identity)
    const known = await identities.find(key)
    if (known) return known.userId
    const userId = randomSecret(16)
    if (await identities.create(key, { userId }, null)) return userId
    return (await identities.find(key))!.userId
  }

  return {
    find: (id) => users.find(id),
    async findBy (identity) {
      const found = await identities.find(keyOf(identity))
      return found && await users.find(found.userId)
    },
    findByVerifiedEmail: addresses.find,
    async link (userId, identity) {
      const key = keyOf(identity)
      if (!await identities.create(key, { userId }, null) && (await identities.find(key))?.userId !== userId) return false
      await users.update(userId, (known) => known && !known.identities.some((other) => keyOf(other) === key)
        ? { write: { record: { ...known, identities: [...known.identities, identity] }, ttl: null }, result: undefined }
        : { result: undefined })
      return true
    },
    async * all () {
      for await (const { record } of users.all()) yield record
    },
    async signIn (backend, identity) {
      const id = await userIdOf({ backend, subject: identity.subject })
      const signedIn = await users.update<User>(id, (known) => {
        if (known?.locked) throw accessDenied('This account is locked. Ask the person who runs this server.')
        const user = userAfter(known, id, backend, identity, now())
        return { write: { record: user, ttl: null }, result: user }
      })
      await addresses.claim(signedIn)
      return signedIn
    },
    change: (id, decide) => users.update<User | undefined>(id, (known) => {
      if (!known) return { result: undefined }
      const user = decide(known)
      return { write: { record: user, ttl: null }, result: user }
    }),
    async delete (user) {
      for (const key of user.identities) await identities.delete(keyOf(key))
      await addresses.free(user)
      await users.delete(user.id)
    }
  }
}

const userAfter = (known: User | undefined, id: string, backend: string, identity: Identity, now: number): User => ({
  id,
  identities: known?.identities ?? [{ backend, subject: identity.subject }],
  backend,
  ...addressAfter(known, identity),
  ...(identity.name !== undefined && { name: identity.name }),
  createdAt: known?.createdAt ?? now,
  lastSignInAt: now,
  ...(known?.sessionEpoch !== undefined && { sessionEpoch: known.sessionEpoch })
})

/** What the last sign-in said; but of somebody with several ways in, an unproven address never replaces a proven one. */
function addressAfter (known: User | undefined, { email, emailVerified }: Identity): Pick<User, 'email' | 'emailVerified'> {
  if (known?.emailVerified && !emailVerified && known.identities.length > 1) return { email: known.email!, emailVerified: true }
  return { ...(email !== undefined && { email: normalizeEmail(email) }), ...(emailVerified !== undefined && { emailVerified }) }
}

export function createAccounts (storage: Storage): Accounts {
  const accounts = storage.collection<Account>('account')
  const key = (email: string) => hashSecret(normalizeEmail(email))
  return {
    find: (email) => accounts.find(key(email)),
    create: (account) => accounts.create(key(account.email), account, null),
    setPasswordHash: (email, passwordHash, previous) => accounts.update(key(email), (account) =>
      account?.passwordHash === previous
        ? { write: { record: { ...account, passwordHash }, ttl: null }, result: undefined }
        : { result: undefined }),
    change: (email, decide) => accounts.update(key(email), (account) => account
      ? { write: { record: decide(account), ttl: null }, result: undefined }
      : { result: undefined }),
    async delete (subject) {
      // A walk over all of them: it is rare, and the address may have changed since.
      for await (const { id, record } of accounts.all()) if (record.subject === subject) await accounts.delete(id)
    }
  }
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
