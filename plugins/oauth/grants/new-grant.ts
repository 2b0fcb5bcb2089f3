// What one consent makes: a grant with its authorization code, and the grants that make room for it (OAuth 2.1 §4.1.2).
import { hashSecret } from '../../secrets.ts'
import type { AuthorizationCode, Grant } from './contract.ts'
import { newGrantId, newToken } from './token-format.ts'

/** Grants of one person: in all, and of one client. A person's most devices and agents stay far below it. */
export const GRANT_BOUNDS = { perUser: 200, perClient: 50 } as const

export interface NewGrant extends Omit<AuthorizationCode, 'hash' | 'expiresAt' | 'used'> {
  clientId: string
  clientName: string
  user: Grant['user']
  backend: string
  backendSession?: string | undefined
  scopes: string[]
  /** {@link Grant.declined} */
  declined?: string[]
  /** {@link Grant.without} */
  without?: string[]
  resource: string
  attempt: string
  /** When the person's account ends, if it is a temporary one. */
  accountEndsAt?: number | undefined
  /**
   * Whether the session that consented still exists. Asked once the grant is listed and written: an end of the
   * session before that finds the grant, or is noticed here.
   */
  isStillSignedIn(): Promise<boolean>
}

/**
 * The absolute end of a grant that begins now, whatever is done with it.
 * @param accountEndsAt when the person's account ends, if it is a temporary one. Seconds since the epoch.
 */
export const endOf = (createdAt: number, grantTtl: number, accountEndsAt = Infinity): number =>
  Math.min(accountEndsAt, createdAt + grantTtl)

/** @param createdAt seconds since the epoch. @returns the grant, and its authorization code in clear. */
export function newGrant (
  {
    clientId,
    clientName,
    user,
    backend,
    backendSession,
    scopes,
    declined = [],
    without = [],
    resource,
    attempt,
    accountEndsAt,
    isStillSignedIn: _,
    ...code
  }: NewGrant,
  createdAt: number,
  life: { grantTtl: number; authorizationCodeTtl: number }
): { grant: Grant; code: string } {
  const id = newGrantId()
  const token = newToken('ac', id)
  const grant: Grant = {
    id,
    clientId,
    clientName,
    user,
    backend,
    ...(backendSession !== undefined && { backendSession }),
    scopes,
    ...(declined.length > 0 && { declined }),
    ...(without.length > 0 && { without }),
    resource,
    createdAt,
    endsAt: endOf(createdAt, life.grantTtl, accountEndsAt),
    code: { ...code, hash: hashSecret(token), expiresAt: createdAt + life.authorizationCodeTtl, used: false },
    accessTokens: {},
    attempt
  }
  return { grant, code: token }
}

/**
 * Which of a person's grants end so that one more of this client stays within {@link GRANT_BOUNDS}: those of the same
 * client first, the least recently used first.
 */
export function grantsToReplace (grants: readonly Grant[], clientId: string): Grant[] {
  const oldestFirst = [...grants].sort((a, b) => lastUse(a) - lastUse(b))
  const own = oldestFirst.filter((grant) => grant.clientId === clientId)
  const replaced = own.slice(0, Math.max(0, own.length + 1 - GRANT_BOUNDS.perClient))
  const left = oldestFirst.filter((grant) => !replaced.includes(grant))
  return [...replaced, ...left.slice(0, Math.max(0, left.length + 1 - GRANT_BOUNDS.perUser))]
}

const lastUse = ({ createdAt, refresh }: Grant): number => Math.max(createdAt, refresh?.rotatedAt ?? 0)
