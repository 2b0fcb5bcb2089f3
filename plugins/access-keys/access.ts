// What an access key allows now, read from its record and from that of its person at every use
// (RFC 6750 §2).
import { hasIdentityOf } from '../accounts/identities.ts'
import { isAllowed } from '../accounts/user-record.ts'
import type { EventDetails } from '../observability/audit/contract.ts'
import type { Access, GrantUser } from '../oauth/grants/contract.ts'
import { isActive, type User } from '../sign-in/contract.ts'
import type { AccessKey } from './contract.ts'

export interface KeyContext {
  /** Seconds since the epoch. */
  now: number
  /** The resource that this server is. */
  resource: string
  backendsInUse: ReadonlySet<string>
  allowedEmails: readonly string[]
  /** What tools and access rules know of a person. */
  describe(user: User): GrantUser
}

/** How audit, quotas and sessions know a key: no client registers such an id. */
export const clientIdOf = (id: string): string => `key:${id}`
/** How it is called where apps are named. */
export const clientNameOf = (name: string): string => `Access key ${name}`

/** The details of an event about a key. */
export const ofKey = ({ id, name, userId, backend, scopes }: AccessKey): EventDetails => ({
  grant: id,
  client: clientIdOf(id),
  clientName: clientNameOf(name),
  user: userId,
  scope: scopes.join(' '),
  ...(backend !== undefined && { backend })
})

/**
 * @returns undefined for a key or a person that has ended or is kept out, and for a person none
 * of whose sign-in methods is in use, or who has not the one any more by which the key was made.
 */
export function readKeyAccess (
  key: AccessKey | undefined,
  user: User | undefined,
  { now, resource, backendsInUse, allowedEmails, describe }: KeyContext
): Access | undefined {
  if (!key || key.endsAt <= now) return undefined
  if (!isActive(user, now)) return undefined
  if (!isAllowed(allowedEmails, user)) return undefined
  const inUse = user.identities.find(({ backend }) => backendsInUse.has(backend))
  if (!inUse) return undefined
  // A removed sign-in method takes along what was made through it, also where storage has cut the removal short.
  if (key.backend !== undefined && !hasIdentityOf(user, key.backend)) return undefined
  return {
    grantId: key.id,
    isAccessKey: true,
    clientId: clientIdOf(key.id),
    clientName: clientNameOf(key.name),
    user: { ...describe(user) },
    resource,
    // A copy: the record may be shared between requests.
    scopes: [...key.scopes],
    expiresAt: key.endsAt,
    backend: inUse.backend,
    attempt: key.id
  }
}
