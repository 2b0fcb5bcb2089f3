// The identities that lead to a person: what a backend says of each, and one pointer from each to the person, which
// counts while the person lists it.
import { normalizeEmail, type Identity } from '../../auth-backends/contract.ts'
import type { Storage } from '../storage/contract.ts'
import { hashSecret } from '../secrets.ts'
import type { IdentityKey, LinkedIdentity, User } from '../sign-in/contract.ts'

/** Stands for an identity, in storage and in forms. */
export const keyOf = ({ backend, subject }: IdentityKey): string => hashSecret(JSON.stringify([backend, subject]))

export const hasIdentity = ({ identities }: User, { backend, subject }: IdentityKey): boolean =>
  identities.some((other) => other.backend === backend && other.subject === subject)

export const linkedIdentity = (backend: string, { subject, email, emailVerified, name }: Identity): LinkedIdentity => ({
  backend,
  subject,
  ...(email !== undefined && { email: normalizeEmail(email) }),
  ...(emailVerified !== undefined && { emailVerified }),
  ...(name !== undefined && { name })
})

/** In its place, if it is there already. */
export const withIdentity = (identities: LinkedIdentity[], linked: LinkedIdentity): LinkedIdentity[] => {
  const key = keyOf(linked)
  return identities.some((other) => keyOf(other) === key)
    ? identities.map((other) => (keyOf(other) === key ? linked : other))
    : [...identities, linked]
}

/**
 * What the person's address is without the identities that were removed: one of theirs is not the person's any more.
 */
export function addressOfKept (
  { email, emailVerified }: User,
  kept: LinkedIdentity[]
): Pick<User, 'email' | 'emailVerified'> {
  if (kept.some((identity) => identity.email === email)) return { email, emailVerified }
  const other = kept.find((identity) => identity.emailVerified) ?? kept.find((identity) => identity.email !== undefined)
  return other ? { email: other.email, emailVerified: other.emailVerified } : { email, emailVerified: undefined }
}

export const identitiesMoved = (
  identities: LinkedIdentity[],
  { from, to, verified }: { from: string; to: string; verified: boolean }
): LinkedIdentity[] =>
  identities.map((identity) =>
    identity.email === from ? { ...identity, email: to, emailVerified: verified || undefined } : identity
  )

export type Pointers = ReturnType<typeof createPointers>

/** Whom each identity leads to, if that person lists it. */
export function createPointers (storage: Storage) {
  const identities = storage.collection<{ userId: string }>('identity')
  const find = async (identity: IdentityKey) => (await identities.find(keyOf(identity)))?.userId
  return {
    find,
    /** @returns to whom it leads from now on: of two at once, both get the id that was written first. */
    async claim (identity: IdentityKey, userId: string): Promise<string> {
      return (
        (await find(identity)) ??
        ((await identities.create(keyOf(identity), { userId }, null)) ? userId : (await find(identity))!)
      )
    },
    /** Somebody new may have come with it meanwhile: theirs stays. */
    free: (identity: IdentityKey, userId: string): Promise<void> =>
      identities.update(keyOf(identity), (found) =>
        found?.userId === userId ? { remove: true, result: undefined } : { result: undefined }
      )
  }
}
