// Reads a grant without changing it: whether a token is valid, and whether
// what it allowed is still allowed.
import type { Clock } from '../../../clock.ts'
import { after } from '../../after.ts'
import type { CurrentUser } from '../../accounts/user-store.ts'
import type { Sealing } from '../../secrets.ts'
import type { CachedCollection } from '../../storage/cached.ts'
import type { Collection } from '../../storage/contract.ts'
import { readAccess, type Context } from './access.ts'
import type { Access, Grant, HolderOf } from './contract.ts'
import { parseToken } from './token-format.ts'
import { holderOf, mayRotate } from './token-owner.ts'

export type GrantStore = Collection<Grant> & Partial<Pick<CachedCollection<Grant>, 'findCached'>>

/** Reads come from memory where storage vouches for the record. */
export interface GrantReading {
  /**
   * The grant a refresh token belongs to, current or not; for checks that
   * come before a rotation.
   */
  findByRefreshToken(token: string): Promise<Grant | undefined>
  /** @returns undefined for anything other than a valid access token. */
  verifyAccessToken(token: string): Access | undefined | Promise<Access | undefined>
  /**
   * Whether a verified token's access is still valid, for what outlives its request. The person in it becomes what they
   * are now.
   * @throws StorageUnavailable.
   */
  stillAllows(access: Access): boolean | Promise<boolean>
  holderOf: HolderOf
  /**
   * Whether a refresh token may be used now: the current one, or one that
   * storage lost when a backup was restored.
   */
  isCurrentRefreshToken(grant: Grant, token: string): boolean
}

export function createReading (
  store: GrantStore,
  sealing: Sealing,
  now: Clock,
  valid: Omit<Context, 'now'>,
  currentUser: CurrentUser
): GrantReading {
  const find = store.findCached ?? store.find
  function accessOf (
    grant: Grant | undefined,
    token: string
  ): Access | undefined | Promise<Access | undefined> {
    const access = readAccess(grant, token, { ...valid, now: now() })
    // A service is who CLIENTS says.
    if (!access || grant!.service !== undefined) return access
    return after(currentUser(access.user.id, access.backend), (user) => user && Object.assign(access, { user }))
  }
  return {
    verifyAccessToken (token) {
      const parsed = parseToken('at', token)
      return parsed && after(find(parsed.grantId), (grant) => accessOf(grant, token))
    },
    stillAllows (access) {
      // The resource and the backend were checked when the token was
      // verified, and never change with a grant.
      const allows = (grant: Grant | undefined) =>
        grant !== undefined && grant.endsAt > now() && access.scopes.every((scope) => grant.scopes.includes(scope))
      const isThere = ({ service, backend }: Grant) =>
        service !== undefined ||
        after(currentUser(access.user.id, backend), (user) => {
          access.user = user ?? access.user
          return user !== undefined
        })
      return after(find(access.grantId), (grant) => allows(grant) && isThere(grant!))
    },
    async findByRefreshToken (token) {
      const parsed = parseToken('rt', token)
      return parsed && (await store.find(parsed.grantId))
    },
    isCurrentRefreshToken (grant, token) {
      const { refresh, resource } = grant
      return resource === valid.resource && refresh !== undefined && refresh.expiresAt > now() && mayRotate(grant, token, sealing)
    },
    holderOf: (token, clientId) => holderOf(store, sealing, token, clientId)
  }
}
