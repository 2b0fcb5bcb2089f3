// The people of this server, found by what a backend says of them.
import { isDeepStrictEqual } from 'node:util'
import type { FastifyInstance } from 'fastify'
import { BackendUnavailable, parseEmail, type Email, type Identity } from '../../auth-backends/contract.ts'
import type { Clock } from '../../clock.ts'
import { accessDenied } from '../../errors.ts'
import { randomSecret } from '../secrets.ts'
import type { IdentityKey, User } from '../sign-in/contract.ts'
import type { Collection } from '../storage/contract.ts'
import type { AccountExpiry } from './expiry.ts'
import { createGroupNotices } from './groups.ts'
import {
  createIdentityPointers,
  hasIdentity,
  linkedIdentity,
  withAddressChanged,
  withGroups,
  type AddressChange
} from './identities.ts'
import { createLinking, type EndLeft, type Linking, type Stores } from './linking.ts'
import { addressAfterChange, userAfterSignIn } from './user-record.ts'
import { createVerifiedEmails } from './verified-emails.ts'
import { inTurns } from '../in-turns.ts'

type Ends = Pick<AccountExpiry, 'begin' | 'forget'>
/** What a new person begins with. */
type Beginning = Pick<User, 'groups' | 'isOwner'>

export interface Users extends Linking {
  find(id: string): Promise<User | undefined>
  /** In no order. For an operator's command, never in a request. */
  all(): AsyncIterable<User>
  /**
   * The user behind an identity, created at the first sign-in and brought up to date at every other.
   * @param beginning what a new one begins with.
   * @throws access_denied for a locked one.
   */
  signIn(backend: string, identity: Identity, beginning?: Beginning): Promise<User>
  /**
   * The same for somebody who is known: whoever was deleted meanwhile does not come back with the sign-in that runs.
   * @returns undefined for one who is gone. @throws access_denied for a locked one.
   */
  signInAgain(backend: string, identity: Identity): Promise<User | undefined>
  /**
   * What a service says between sign-ins: its groups of a person replace those before. Nothing
   * else changes.
   */
  noteGroups(identity: IdentityKey, groups: readonly string[]): Promise<void>
  /** To whom an identity leads. */
  findBy(identity: IdentityKey): Promise<User | undefined>
  /** The person who has shown that they read this mailbox. */
  findByVerifiedEmail(email: string): Promise<User | undefined>
  /** Everybody who has, also by the address of a method that was not the last. */
  findHolders(email: Email): Promise<User[]>
  /** @returns the changed user, or undefined when there is none. */
  change(id: string, decide: (user: User) => User): Promise<User | undefined>
  /** @returns the changed user, or undefined when there is none. */
  changeAddress(id: string, change: AddressChange): Promise<User | undefined>
  /**
   * Deletes the record and what leads to it. The same identity that signs in again is a new
   * person.
   */
  delete(user: User): Promise<void>
}

type App = Pick<FastifyInstance, 'storage' | 'userStore' | 'now' | 'log'>

export function createUsers ({ storage, userStore, now, log }: App, expiry: Ends, endLeft: EndLeft = async () => {}): Users {
  const users = userStore.records
  const noteGroups = createGroupNotices(log)
  const pointers = createIdentityPointers(storage)
  const emails = createVerifiedEmails(storage, (id) => users.find(id))
  const stores = { users, pointers, emails }

  return {
    find: (id) => users.find(id),
    async findBy (identity) {
      const userId = await pointers.find(identity)
      const user = userId === undefined ? undefined : await users.find(userId)
      return user && hasIdentity(user, identity) ? user : undefined
    },
    findByVerifiedEmail: (email) => emails.find(parseEmail(email)),
    findHolders: emails.findHolders,
    ...createLinking(stores, endLeft),
    async * all () {
      for await (const { record } of inTurns(users.all())) yield record
    },
    ...createSigningIn(stores, now, expiry, noteGroups),
    async noteGroups (identity, groups) {
      noteGroups(identity.backend, groups)
      const userId = await pointers.find(identity)
      if (userId === undefined) return
      await users.update<void>(userId, (known) => {
        const identities = known && withGroups(known.identities, identity, groups)
        if (!identities || isDeepStrictEqual(identities, known.identities)) return { result: undefined }
        return { write: { record: { ...known, identities }, ttl: null }, result: undefined }
      })
    },
    change: (id, decide) => change(users, id, decide),
    async changeAddress (id, to) {
      const before = await users.find(id)
      const user = await change(users, id, (known) => {
        const identities = withAddressChanged(known.identities, to)
        return { ...known, identities, ...addressAfterChange({ ...known, identities }, to) }
      })
      await emails.follow(before, user)
      return user
    },
    async delete (user) {
      for (const identity of user.identities) await pointers.free(identity, user.id)
      await emails.follow(user, undefined)
      const last = await users.take(user.id)
      // What was added meanwhile: whoever signs in with it would get the id of somebody who is gone.
      for (const identity of last?.identities ?? []) await pointers.free(identity, user.id)
      await emails.follow(last, undefined)
      await expiry.forget(user.id)
    }
  }
}

const change = (
  users: Collection<User>,
  id: string,
  decide: (user: User) => User
): Promise<User | undefined> =>
  users.update<User | undefined>(id, (known) => {
    if (!known) return { result: undefined }
    const user = decide(known)
    return { write: { record: user, ttl: null }, result: user }
  })

/** See {@link Users.signIn} and {@link Users.signInAgain}. */
function createSigningIn (
  stores: Stores,
  now: Clock,
  expiry: Ends,
  noteGroups: ReturnType<typeof createGroupNotices>
): Pick<Users, 'signIn' | 'signInAgain'> {
  const { pointers } = stores
  return {
    async signInAgain (backend, identity) {
      noteGroups(backend, identity.groups)
      const id = await pointers.find({ backend, subject: identity.subject })
      return (id && (await update(stores, now, expiry, id, backend, identity))) || undefined
    },
    async signIn (backend, identity, beginning = {}) {
      noteGroups(backend, identity.groups)
      const enter = () => createOrUpdate(stores, now, expiry, backend, identity, beginning)
      const user = (await enter()) ?? (await enter())
      if (user) return user
      throw new BackendUnavailable('This sign-in method is being changed', { reason: 'busy' })
    }
  }
}

/**
 * @returns undefined where the identity was removed from the person it led to, cut short before its pointer was gone:
 * it leads to no one then, and the caller tries once more.
 */
async function createOrUpdate (
  stores: Stores,
  now: Clock,
  expiry: Ends,
  backend: string,
  identity: Identity,
  beginning: Beginning
): Promise<User | undefined> {
  const { pointers } = stores
  const linked = linkedIdentity(backend, identity)
  const id = await pointers.claim(linked, randomSecret(16))
  const user = await update(stores, now, expiry, id, backend, identity, beginning)
  if (!user) await pointers.free(linked, id)
  return user
}

/**
 * @param beginning of a new person; without it there has to be a record.
 * @returns undefined where there is none, or one that the identity does not lead to.
 */
async function update (
  { users, emails }: Stores,
  now: Clock,
  expiry: Ends,
  id: string,
  backend: string,
  identity: Identity,
  beginning?: Beginning
): Promise<User | undefined> {
  const linked = linkedIdentity(backend, identity)
  const endsAt = await expiry.begin(id, backend)
  const { before, after } = await users.update<{ before?: User | undefined; after?: User }>(id, (known) => {
    if (known ? !hasIdentity(known, linked) : !beginning) return { result: {} }
    if (known?.locked) throw accessDenied({ key: 'problems.locked' }).because('locked')
    const record = { ...(!known && beginning), ...userAfterSignIn(known, id, linked, identity, now(), endsAt) }
    return { write: { record, ttl: null }, result: { before: known, after: record } }
  })
  if (after) await emails.follow(before, after)
  return after
}
