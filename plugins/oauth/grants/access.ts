// What an access token allows, read from its grant at every use (RFC 6750
// §2; RFC 8707 §2). Of a person it knows the id; reading.ts adds who they are.
import { hashSecret } from '../../secrets.ts'
import type { Service } from '../services.ts'
import type { Access, Grant, GrantUser } from './contract.ts'

export interface Context {
  /** Seconds since the epoch. */
  now: number
  /** The resource that this server is: a token for an earlier name is no longer valid (RFC 8707). */
  resource: string
  backendsInUse: ReadonlySet<string>
  /** By client id. */
  services: ReadonlyMap<string, Service>
}

/**
 * @returns undefined unless the token is a live one of this grant, for this
 * resource, of a person whose backend is in use or a service that is in CLIENTS.
 */
export function readAccess (
  grant: Grant | undefined,
  token: string,
  context: Context
): Access | undefined {
  if (!grant) return undefined
  const live = liveToken(grant, token)
  if (!live || live.expiresAt <= context.now) return undefined
  if (grant.resource !== context.resource) return undefined
  const user = userOf(grant, context)
  if (!user) return undefined
  return {
    grantId: grant.id,
    clientId: grant.clientId,
    user,
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

/** Of grants in memory: what a valid token's hash is, for as long as the grant stays as it is. */
const hashes = new WeakMap<Grant, Map<string, string>>()

function liveToken (grant: Grant, token: string): Grant['accessTokens'][string] | undefined {
  const known = hashes.get(grant)
  const hash = known?.get(token) ?? hashSecret(token)
  const live = grant.accessTokens[hash]
  if (!live) return undefined
  if (known) known.set(token, hash)
  else hashes.set(grant, new Map([[token, hash]]))
  return live
}

/**
 * Who calls. A copy: what it is made of is shared between requests, and tools
 * are shown it.
 */
function userOf (
  grant: Grant,
  { backendsInUse, services }: Context
): GrantUser | undefined {
  if (grant.service === undefined) {
    return backendsInUse.has(grant.backend) ? { id: grant.user.id } : undefined
  }
  const service = services.get(grant.clientId)
  return service?.version === grant.service ? { ...service.user } : undefined
}
