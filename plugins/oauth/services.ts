// Services: clients of CLIENTS that call for themselves, without a person (RFC
// 6749 §4.4). Each is a caller of its own, as the configuration has it now.
import type { Config } from '../../config/index.ts'
import { toDisplayName } from '../display-name.ts'
import { hashSecret } from '../secrets.ts'

/** What a grant of a service names as its backend: nobody signed in. */
export const SERVICE_BACKEND = 'service'
const ID_PREFIX = 'service:'

/** Whether an id is that of a service: no record says whether it is here. It is as long as it is in CLIENTS. */
export const isService = (userId: string): boolean => userId.startsWith(ID_PREFIX)

export interface Service {
  /**
   * Whom its calls count for and whose notes it has. No person has such an id:
   * theirs have no colon.
   */
  user: { id: string; name: string; groups?: readonly string[] }
  /** The most that its tokens allow. */
  scopes: readonly string[]
  /**
   * Another one after each change of what the service proves itself with, or may
   * do: its tokens end with that.
   */
  version: string
}

/**
 * @returns undefined for a client without the grant, and for one that cannot
 * prove who it is.
 */
export function serviceOf ({
  client_id: id,
  client_name: name,
  client_secret: secret,
  jwks,
  jwks_uri: keysUri,
  grant_types: grants,
  scope,
  groups
}: Config['clients'][number]): Service | undefined {
  const proof = secret ?? jwks ?? keysUri
  if (!grants.includes('client_credentials')) return undefined
  if (proof === undefined || scope === undefined) return undefined
  const scopes = [...new Set(scope.split(' '))]
  return {
    user: {
      id: `${ID_PREFIX}${id}`,
      name: toDisplayName(name ?? id, id),
      ...(groups && { groups })
    },
    scopes,
    version: hashSecret(JSON.stringify([proof, scopes]))
  }
}

/** By client id. */
export const servicesOf = (clients: Config['clients']): ReadonlyMap<string, Service> =>
  new Map(
    clients.flatMap((client) => {
      const service = serviceOf(client)
      return service ? [[client.client_id, service] as const] : []
    })
  )
