// What an access token allows, read from its grant at every use (RFC 6750
// §2; RFC 8707 §2). Who the person is now is not in it.
import { hashSecret } from '../../secrets.ts'
import type { Access, Grant } from './contract.ts'

interface Context {
  /** Seconds since the epoch. */
  now: number
  /**
   * The resource that this server is: a token for an earlier name is no
   * longer valid (RFC 8707).
   */
  resource: string
  backendsInUse: ReadonlySet<string>
}

/**
 * @returns undefined unless the token is a live one of this grant, for this
 * resource, by a backend that is in use.
 */
export function readAccess (
  grant: Grant | undefined,
  token: string,
  { now, resource, backendsInUse }: Context
): Omit<Access, 'user'> | undefined {
  const live = grant?.accessTokens[hashSecret(token)]
  if (!grant || !live || live.expiresAt <= now) return undefined
  if (grant.resource !== resource || !backendsInUse.has(grant.backend)) return undefined
  return {
    grantId: grant.id,
    clientId: grant.clientId,
    resource: grant.resource,
    scopes: [...live.scopes],
    expiresAt: live.expiresAt,
    clientName: grant.clientName,
    backend: grant.backend,
    attempt: grant.attempt,
    ...(grant.without && { without: grant.without }),
    ...(grant.backendSession !== undefined && { backendSession: grant.backendSession })
  }
}
