// The record of a person, as pure functions: how a sign-in or a change of address changes it, and whether it may exist.
import { parseEmail, type Email, type Identity } from '../../auth-backends/contract.ts'
import type { LinkedIdentity, User } from '../sign-in/contract.ts'
import { withIdentity, type AddressChange } from './identities.ts'

/** Voids every browser session that the person has now. */
export const endSessions = (user: User): User => ({ ...user, sessionEpoch: (user.sessionEpoch ?? 0) + 1 })

export const userAfterSignIn = (
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
  ...addressAfterSignIn(known, linked),
  ...(identity.name !== undefined && { name: identity.name }),
  createdAt: known?.createdAt ?? now,
  lastSignInAt: now,
  ...(known?.groups && { groups: known.groups }),
  ...(known?.isOwner && { isOwner: known.isOwner }),
  ...(known?.sessionEpoch !== undefined && { sessionEpoch: known.sessionEpoch }),
  ...(endsAt !== undefined && { endsAt })
})

/**
 * An address that another method has verified stays, unless the new one is verified as well.
 * @param user with the identities as they are after the change.
 */
export function addressAfterChange (
  { email, emailVerified, identities }: User,
  { from, to, verified }: AddressChange
): Pick<User, 'email' | 'emailVerified'> {
  if (verified) return { email: to, emailVerified: true }
  const isShown = email !== from || identities.some((other) => other.email === from && other.emailVerified)
  return emailVerified && isShown ? { email, emailVerified } : { email: to, emailVerified: undefined }
}

/**
 * What the last sign-in said; but with several methods an unverified address never replaces a
 * verified one.
 */
function addressAfterSignIn (
  known: User | undefined,
  { email, emailVerified }: LinkedIdentity
): Pick<User, 'email' | 'emailVerified'> {
  if (known?.emailVerified && !emailVerified && known.identities.length > 1) {
    return { email: known.email!, emailVerified: true }
  }
  return {
    ...(email !== undefined && { email }),
    ...(emailVerified !== undefined && { emailVerified })
  }
}

/** Addresses that the person has shown to read. */
export const verifiedAddresses = ({ email, emailVerified, identities }: User): Email[] => [
  ...new Set(
    [{ email, emailVerified }, ...identities].flatMap((one) =>
      one.email !== undefined && one.emailVerified ? [one.email] : []
    )
  )
]

/** What to call a person on a page. */
export const displayName = (user: User): string => user.name ?? user.email ?? 'a user without a name'

/**
 * Whether the allow-list lets this identity in: an address or an `@domain` of it. An address that the backend knows to
 * be unverified lets no one in; where no address can be verified (local accounts without mail), it counts as it is.
 */
export function isAllowed (
  allowedEmails: readonly string[],
  identity: Pick<Identity, 'email' | 'emailVerified'>
): boolean {
  if (allowedEmails.length === 0) return true
  if (identity.email === undefined || identity.emailVerified === false) return false
  const email: Email = parseEmail(identity.email)
  return allowedEmails.includes(email) || allowedEmails.includes(email.slice(email.lastIndexOf('@')))
}
