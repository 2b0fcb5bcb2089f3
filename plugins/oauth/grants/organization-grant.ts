// A permission that an organization gave for its person: no code, no consent and no refresh
// token; each assertion brings one access token (RFC 7523 §2.1;
// draft-ietf-oauth-identity-assertion-authz-grant-04 §4.4.3).
import type { Clock } from '../../../clock.ts'
import { hashSecret } from '../../secrets.ts'
import type { GrantsByUser } from './by-user.ts'
import type { Grant, TokenSet } from './contract.ts'
import type { GrantStore } from './reading.ts'
import { newGrantId, newToken } from './token-format.ts'
import { expiresInOf, lifetimeOf, withAccessToken, type Lifetimes } from './transitions.ts'

/** As in a {@link Grant}. */
export type OrganizationGrant = Pick<
  Grant,
  'clientId' | 'clientName' | 'user' | 'backend' | 'scopes' | 'resource' | 'attempt'
> & { accountEndsAt?: number | undefined }

interface Deps {
  store: GrantStore
  byUser: GrantsByUser
  /** Keeps the person within the bounds. */
  makeRoom(userId: string, clientId: string): Promise<void>
  now: Clock
  life: Lifetimes
}

export function createOrganizationGrants ({ store, byUser, makeRoom, now, life }: Deps) {
  function tokenSet (grant: Grant, accessToken: string, at: number): TokenSet {
    const hash = hashSecret(accessToken)
    const { scopes } = grant.accessTokens[hash]!
    return { accessToken, expiresIn: expiresInOf(grant, hash, at), scopes, grant }
  }
  /** The grant with one more access token, which it lasts as long as. */
  function withToken (grant: Grant, accessToken: string, endsAt: number, at: number): Grant {
    const lasting = { ...grant, endsAt }
    const hash = hashSecret(accessToken)
    return { ...lasting, accessTokens: withAccessToken(lasting, hash, undefined, at, life) }
  }

  async function begin (
    allowed: Omit<OrganizationGrant, 'accountEndsAt'>,
    endsAt: number
  ): Promise<TokenSet> {
    await makeRoom(allowed.user.id, allowed.clientId)
    const at = now()
    const id = newGrantId()
    const accessToken = newToken('at', id)
    const empty = { ...allowed, id, createdAt: at, endsAt, accessTokens: {} }
    const grant = withToken(empty, accessToken, endsAt, at)
    await byUser.add(grant)
    await store.put(id, grant, lifetimeOf(grant, at))
    return tokenSet(grant, accessToken, at)
  }

  /** @returns undefined where the grant has ended meanwhile. */
  async function renew (
    known: Grant,
    endsAt: number
  ): Promise<TokenSet | undefined> {
    const at = now()
    const accessToken = newToken('at', known.id)
    await byUser.add({ ...known, endsAt })
    const grant = await store.update<Grant | undefined>(known.id, (found) => {
      if (!found) return { result: undefined }
      const record = withToken(found, accessToken, endsAt, at)
      return { write: { record, ttl: lifetimeOf(record, at) }, result: record }
    })
    return grant && { ...tokenSet(grant, accessToken, at), renewed: true }
  }

  /**
   * One grant for the same permission, so that the person sees and ends one app, not one
   * for each hour.
   */
  return async function issueByOrganization ({
    accountEndsAt = Infinity,
    ...allowed
  }: OrganizationGrant): Promise<TokenSet> {
    const endsAt = Math.min(now() + life.accessTokenTtl, accountEndsAt)
    const live = await byUser.live(allowed.user.id)
    const known = live.find((grant) => isSame(grant, allowed))
    return (known && (await renew(known, endsAt))) ?? begin(allowed, endsAt)
  }
}

const isSame = (grant: Grant, allowed: OrganizationGrant): boolean =>
  grant.code === undefined &&
  grant.clientId === allowed.clientId &&
  grant.backend === allowed.backend &&
  grant.resource === allowed.resource &&
  grant.scopes.join(' ') === allowed.scopes.join(' ')
