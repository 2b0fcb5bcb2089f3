// Reads a grant without changing it: whether a token is valid, and whether what it allowed is still allowed.
import type { Clock } from '../../../clock.ts'
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
  /** The grant a refresh token belongs to, current or not; for checks that come before a rotation. */
  findByRefreshToken(token: string): Promise<Grant | undefined>
  /** @returns undefined for anything other than a valid access token. */
  verifyAccessToken(token: string): Access | undefined | Promise<Access | undefined>
  /**
   * Whether a verified token's access is still valid: for what outlives its request.
   * @throws StorageUnavailable.
   */
  stillAllows(access: Access): boolean | Promise<boolean>
  holderOf: HolderOf
  /** Whether a refresh token may be used now: the current one, or one that storage lost when a backup was restored. */
  isCurrentRefreshToken(grant: Grant, token: string): boolean
}

export function createReading (
  store: GrantStore,
  sealing: Sealing,
  now: Clock,
  valid: Omit<Context, 'now'>
): GrantReading {
  const find = store.findCached ?? store.find
  const accessOf = (grant: Grant | undefined, token: string) =>
    readAccess(grant, token, { ...valid, now: now() })
  return {
    verifyAccessToken (token) {
      const parsed = parseToken('at', token)
      const found = parsed && find(parsed.grantId)
      return found instanceof Promise ? found.then((grant) => accessOf(grant, token)) : accessOf(found, token)
    },
    stillAllows (access) {
      // The resource and the backend were checked when the token was verified, and never change with a grant.
      const allows = (grant: Grant | undefined) =>
        grant !== undefined && grant.endsAt > now() && access.scopes.every((scope) => grant.scopes.includes(scope))
      const found = find(access.grantId)
      return found instanceof Promise ? found.then(allows) : allows(found)
    },
    async findByRefreshToken (token) {
      const parsed = parseToken('rt', token)
      return parsed && (await store.find(parsed.grantId))
    },
    isCurrentRefreshToken: (grant, token) =>
      grant.refresh !== undefined && grant.refresh.expiresAt > now() && mayRotate(grant, token, sealing),
    holderOf: (token, clientId) => holderOf(store, sealing, token, clientId)
  }
}
