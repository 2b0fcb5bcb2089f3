// The identities that lead to a person: what a backend says of each, and
// one pointer from each to the person, which counts while the person lists
// it.
import {
  parseEmail,
  type Email,
  type Identity
} from '../../auth-backends/contract.ts'
import { hashSecret } from '../secrets.ts'
import type {
  IdentityKey,
  LinkedIdentity,
  User
} from '../sign-in/contract.ts'
import type { Storage } from '../storage/contract.ts'
import { boundedGroups } from './groups.ts'

/** Names an identity, in storage and in forms. */
export const keyOf = ({ backend, subject }: IdentityKey): string => hashSecret(JSON.stringify([backend, subject]))

export const hasIdentity = ({ identities }: Pick<User, 'identities'>, { backend, subject }: IdentityKey): boolean =>
  identities.some((other) => other.backend === backend && other.subject === subject)

/** Whether some identity of the person is of the backend. */
export const hasIdentityOf = ({ identities }: Pick<User, 'identities'>, backend: string): boolean =>
  identities.some((identity) => identity.backend === backend)

export const linkedIdentity = (
  backend: string,
  { subject, email, emailVerified, name, groups }: Identity
): LinkedIdentity => ({
  backend,
  subject,
  ...(email !== undefined && { email: parseEmail(email) }),
  ...(emailVerified !== undefined && { emailVerified }),
  ...(name !== undefined && { name }),
  ...(groups !== undefined && { groups: boundedGroups(groups) })
})

/** Replaces the identity that is listed already, or adds it. */
export function withIdentity (
  identities: LinkedIdentity[],
  linked: LinkedIdentity
): LinkedIdentity[] {
  const key = keyOf(linked)
  return identities.some((other) => keyOf(other) === key)
    ? identities.map((other) => (keyOf(other) === key ? linked : other))
    : [...identities, linked]
}

/**
 * The person's address once identities were removed: an address that only
 * those had is no longer theirs.
 */
export function addressAfterRemoval (
  { email, emailVerified }: User,
  left: LinkedIdentity[]
): Pick<User, 'email' | 'emailVerified'> {
  if (left.some((identity) => identity.email === email)) return { email, emailVerified }
  const other = left.find((identity) => identity.emailVerified) ?? left.find((identity) => identity.email !== undefined)
  return other ? { email: other.email, emailVerified: other.emailVerified } : { email, emailVerified: undefined }
}

/** The person has another address at the backend of one identity. */
export interface AddressChange {
  identity: IdentityKey
  from: Email
  to: Email
  verified: boolean
}

/**
 * What another backend has shown of the person stays, also of the same
 * address.
 */
export const withAddressChanged = (
  identities: LinkedIdentity[],
  { identity, to, verified }: AddressChange
): LinkedIdentity[] =>
  identities.map((other) =>
    keyOf(other) === keyOf(identity) ? { ...other, email: to, emailVerified: verified || undefined } : other
  )

/** An identity that is not listed, or not any more, stays away. */
export const withGroups = (
  identities: readonly LinkedIdentity[],
  of: IdentityKey,
  groups: readonly string[]
): LinkedIdentity[] =>
  identities.map((other) => (keyOf(other) === keyOf(of) ? { ...other, groups: boundedGroups(groups) } : other))

export type IdentityPointers = ReturnType<typeof createIdentityPointers>

/** To whom each identity leads, if that person lists it. */
export function createIdentityPointers (storage: Storage) {
  const pointers = storage.collection<{ userId: string }>('identity')
  const find = async (identity: IdentityKey) => (await pointers.find(keyOf(identity)))?.userId
  return {
    find,
    /**
     * @returns to whom it leads from now on: of two callers at once, both
     * get the id that was written first.
     */
    async claim (identity: IdentityKey, userId: string): Promise<string> {
      const known = await find(identity)
      if (known !== undefined) return known
      return (await pointers.create(keyOf(identity), { userId }, null)) ? userId : (await find(identity))!
    },
    /** A new person may have signed in with it meanwhile: theirs stays. */
    free: (identity: IdentityKey, userId: string): Promise<void> =>
      pointers.update(keyOf(identity), (found) =>
        found?.userId === userId ? { remove: true, result: undefined } : { result: undefined }
      )
  }
}
