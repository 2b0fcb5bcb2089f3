// Grants and their tokens: issue a code, redeem it, rotate, verify, revoke. One record a grant, one atomic step a
// change (OAuth 2.1 §4.1, §4.3; RFC 7009).
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Clock } from '../../../clock.ts'
import type { Config } from '../../../config/index.ts'
import { OAuthError, signInExpired } from '../../../errors.ts'
import type { Sealing } from '../../secrets.ts'
import { cacheRecords, type CachedCollection } from '../../storage/cached.ts'
import type { Collection } from '../../storage/contract.ts'
import { readAccess } from './access.ts'
import { createGrantsByUser, type GrantList } from './by-user.ts'
import type { Access, Grant, TokenSet } from './contract.ts'
import { createIssuing, TokenReuse } from './issuing.ts'
import { GRANT_BOUNDS, grantsToReplace, newGrant, type NewGrant } from './new-grant.ts'
import { parseToken } from './token-format.ts'
import { isHeld, mayRotate, takeByToken } from './token-owner.ts'
import type { GrantCheck } from './transitions.ts'

export { TokenReuse, type NewGrant }

declare module 'fastify' {
  interface FastifyInstance {
    grants: Grants
  }
}

/** Why a grant ended early: `replaced` by a newer one beyond {@link GRANT_BOUNDS}, or `ended` on purpose or for reuse. */
export type EndReason = 'ended' | 'replaced'
export type EndListener = (grant: Grant, reason: EndReason) => Promise<void>

/** `check` returns what is wrong with the request for this grant, or undefined. It runs before anything is consumed. */
export interface Grants {
  /**
   * Writes the grant of one consent. Beyond {@link GRANT_BOUNDS} the least recently used grant ends for it.
   * @returns the authorization code.
   * @throws sign_in_expired when the session that consented has ended meanwhile, with no grant left.
   */
  issueCode(grant: NewGrant): Promise<string>
  /** @throws invalid_grant. A replay by the code's own client ends the grant first. */
  redeem(code: string, check: GrantCheck, options: { withRefresh: boolean }): Promise<TokenSet>
  /**
   * @param scopes requested, within the grant's; undefined for all of them.
   * @throws invalid_grant; reuse ends the grant first.
   */
  refresh(token: string, check: GrantCheck, scopes?: string[]): Promise<TokenSet>
  /** The grant a refresh token belongs to, current or not; for checks that come before a rotation. */
  findByRefreshToken(token: string): Promise<Grant | undefined>
  /** @returns undefined for anything but a live access token. */
  verifyAccessToken(token: string): Access | undefined | Promise<Access | undefined>
  /**
   * Undoes what was issued, unless it was a retry: the response did not reach the client, which finds its code or token
   * unused.
   */
  takeBack(issued: TokenSet): void
  /**
   * Whether a verified token's access still stands: for what outlives its request.
   * @throws StorageUnavailable.
   */
  stillAllows(access: Access): boolean | Promise<boolean>
  /** Whether a code or token, used or not, belongs to a grant of this client. */
  isHeld(token: string, clientId: string): Promise<boolean>
  /** Whether a refresh token may be used now: the current one, or one that storage lost when it was set back. */
  isCurrentRefreshToken(grant: Grant, token: string): boolean
  /**
   * RFC 7009: ends the whole grant of an access or refresh token of this client.
   * @returns the grant as it was; undefined when the token is not one of ours.
   * @throws invalid_grant for another client's.
   */
  revokeToken(token: string, clientId: string): Promise<Grant | undefined>
  revoke(grantId: string): Promise<void>
  /**
   * Ends everything a person has allowed, including codes that were not redeemed yet.
   * @param which of it; without it, all.
   */
  revokeAllOf(userId: string, which?: (grant: Grant) => boolean): Promise<void>
  /** The apps a person has connected, newest first. */
  listByUser(userId: string): Promise<Grant[]>
  /** Calls the listener with each grant that ended before its time, after it is removed. */
  onEnd(listener: EndListener): void
}

type Options = Pick<
  Config,
  'publicUrl' | 'backends' | 'accessTokenTtl' | 'refreshTokenTtl' | 'grantTtl' | 'refreshGrace' | 'authorizationCodeTtl'
>

export default fp(
  async function grants (app: FastifyInstance, options: Options) {
    app.decorate(
      'grants',
      createGrants(
        await cacheRecords<Grant>(app.storage, 'grant', app.now),
        app.storage.collection<GrantList>('grantList'),
        app.sealing,
        app.now,
        options
      )
    )
  },
  { name: 'grants', dependencies: ['storage'] }
)

type GrantStore = Collection<Grant> & Partial<Pick<CachedCollection<Grant>, 'findCached'>>

export function createGrants (
  store: GrantStore,
  lists: Collection<GrantList>,
  sealing: Sealing,
  now: Clock,
  life: Options
): Grants {
  const byUser = createGrantsByUser(lists, store, now)
  const backendsInUse = new Set(life.backends.map(({ id }) => id))
  const withBackend = (check: GrantCheck): GrantCheck => requireBackend(backendsInUse, check)
  const { onEnd, ended, endingReuse } = createEndings()
  const issuing = createIssuing(store, sealing, now, life)
  const end = async (grantId: string, reason: EndReason = 'ended') => ended(await store.take(grantId), reason)

  /** Keeps a person within the bounds. Counts ids first, so that nearly everybody costs one read. */
  async function makeRoom (userId: string, clientId: string): Promise<void> {
    if ((await byUser.ids(userId)).length < GRANT_BOUNDS.perClient) return
    const replaced = grantsToReplace(await byUser.live(userId), clientId).map(({ id }) => id)
    for (const id of replaced) await end(id, 'replaced')
    await byUser.drop(userId, replaced)
  }

  const withdraw = async ({ id, user }: Grant) => {
    await store.delete(id)
    await byUser.drop(user.id, [id])
  }

  return {
    async issueCode (allowed) {
      await makeRoom(allowed.user.id, allowed.clientId)
      const { grant, code } = newGrant(allowed, now(), life)
      await byUser.add(grant)
      await store.put(grant.id, grant, life.authorizationCodeTtl)
      const isAllowed = await allowed.isStillSignedIn().catch(async (error: unknown) => {
        await withdraw(grant)
        throw error
      })
      if (isAllowed) return code
      await withdraw(grant)
      throw signInExpired()
    },
    redeem: (code, check, { withRefresh }) => endingReuse(issuing.redeem(code, withBackend(check), withRefresh)),
    refresh: (token, check, scopes) => endingReuse(issuing.refresh(token, withBackend(check), scopes)),
    takeBack: issuing.takeBack,
    ...createReading(store, sealing, now, life.publicUrl, backendsInUse),
    async revokeToken (token, clientId) {
      const found = await takeByToken(store, sealing, token, clientId)
      await ended(found, 'ended')
      return found
    },
    revoke: (grantId) => end(grantId),
    async revokeAllOf (userId, which) {
      const ids = await byUser.ids(userId)
      await Promise.all((which ? await selectIds(store, ids, which) : ids).map((id) => end(id)))
      // Drops them from the list as well.
      await byUser.live(userId)
    },
    listByUser: async (userId) => (await byUser.live(userId)).filter(({ code }) => code.used),
    onEnd
  }
}

/** The part of {@link Grants} that changes nothing. Reads come from memory where storage vouches for the record. */
function createReading (
  store: GrantStore,
  sealing: Sealing,
  now: Clock,
  publicUrl: string,
  backendsInUse: ReadonlySet<string>
) {
  const find = store.findCached ?? store.find
  const accessOf = (grant: Grant | undefined, token: string) =>
    readAccess(grant, token, { now: now(), resource: publicUrl, backendsInUse })
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
    isHeld: (token, clientId) => isHeld(store, sealing, token, clientId)
  } satisfies Partial<Grants>
}

/** Nothing of a grant works while the backend that its person signed in with is not configured. */
const requireBackend =
  (inUse: ReadonlySet<string>, check: GrantCheck): GrantCheck =>
    (grant) =>
      inUse.has(grant.backend) ? check(grant) : 'the sign-in method is not in use any more; sign in again'

async function selectIds (store: Collection<Grant>, ids: string[], which: (grant: Grant) => boolean): Promise<string[]> {
  const found = await Promise.all(ids.map((id) => store.find(id)))
  return found.flatMap((grant) => (grant && which(grant) ? [grant.id] : []))
}

/** Notifies the listeners of grants that ended before their time. */
function createEndings () {
  const listeners: EndListener[] = []
  const ended = async (grant: Grant | undefined, reason: EndReason) => {
    if (grant) for (const listener of listeners) await listener(grant, reason)
  }
  return {
    onEnd (listener: EndListener) {
      listeners.push(listener)
    },
    ended,
    /** Reuse of a code or refresh token has ended its grant. */
    endingReuse: <T>(work: Promise<T>): Promise<T> =>
      work.catch(async (error: unknown) => {
        if (error instanceof OAuthError && error.cause instanceof TokenReuse) await ended(error.cause.grant, 'ended')
        throw error
      })
  }
}
