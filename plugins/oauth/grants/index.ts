// Grants and their tokens: issue a code, redeem it, rotate, verify, revoke. One record a grant, one atomic step a
// change (OAuth 2.1 §4.1, §4.3; RFC 7009).
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../../config/index.ts'
import { invalidGrant, OAuthError } from '../../../errors.ts'
import { hashSecret, type Sealing } from '../../secrets.ts'
import type { Collection } from '../../storage/contract.ts'
import { cacheRecords, type CachedCollection } from '../../storage/cached.ts'
import type { Clock } from '../../../clock.ts'
import { createGrantsByUser, type GrantList } from './by-user.ts'
import type { Access, AuthorizationCode, Grant, GrantUser, TokenSet } from './contract.ts'
import { createIssuing, holds, isHeld, mayRotate, TokenReuse } from './issuing.ts'
import type { CodeCheck } from './transitions.ts'
import { newGrantId, newToken, parseToken } from './token-format.ts'

export { TokenReuse as SpentSecret }

declare module 'fastify' {
  interface FastifyInstance {
    grants: Grants
  }
}

export interface NewGrant extends Omit<AuthorizationCode, 'hash' | 'expiresAt' | 'used'> {
  clientId: string
  clientName: string
  user: GrantUser
  backend: string
  backendSession?: string | undefined
  scopes: string[]
  resource: string
  attempt: string
  /** The person's account ends then, if it is one of a while. */
  accountEndsAt?: number | undefined
}

/** `check` says what is wrong with the request for this grant, or nothing: it runs before anything is spent. */
export interface Grants {
  /** @returns the authorization code. */
  issueCode(grant: NewGrant): Promise<string>
  /** @throws invalid_grant. A replay by the code's own client ends the grant first. */
  redeem(code: string, check: CodeCheck, options: { withRefresh: boolean }): Promise<TokenSet>
  /**
   * @param scopes asked for, within the grant's; undefined for all of them.
   * @throws invalid_grant; reuse ends the grant first.
   */
  refresh(token: string, check: CodeCheck, scopes?: string[]): Promise<TokenSet>
  /** The grant a refresh token belongs to, current or not; for checks that must come before a rotation. */
  findByRefreshToken(token: string): Promise<Grant | undefined>
  /** @returns undefined for anything but a live access token. */
  verifyAccessToken(token: string): Access | undefined | Promise<Access | undefined>
  /**
   * Takes back what was issued, unless it was a retry: its answer did not reach the client, which finds its code or
   * token as it was.
   */
  takeBack(issued: TokenSet): void
  /**
   * Whether what a token allowed when it was verified is still allowed: for what outlives its request.
   * @throws StorageUnavailable.
   */
  stillAllows(access: Access): boolean | Promise<boolean>
  /** Whether a code or token, used or not, is of a grant of this client. */
  isHeld(token: string, clientId: string): Promise<boolean>
  /** Whether a refresh token may be used now: the current one, or one that storage has lost by being set back. */
  isCurrentRefreshToken(grant: Grant, token: string): boolean
  /**
   * RFC 7009: ends the whole grant of an access or refresh token of this client, and returns it; undefined for a token
   * that is none.
   * @throws invalid_grant for another client's.
   */
  revokeToken(token: string, clientId: string): Promise<Grant | undefined>
  revoke(grantId: string): Promise<void>
  /**
   * Ends everything a person has allowed, codes that were not redeemed yet too.
   * @param which of it; without it, all.
   */
  revokeAllOf(userId: string, which?: (grant: Grant) => boolean): Promise<void>
  /** The apps a person has connected, newest first. */
  listByUser(userId: string): Promise<Grant[]>
  /** Told of each grant that was ended before its time, after it is gone. */
  onEnd(listener: (grant: Grant) => Promise<void>): void
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

export function createGrants (
  store: Collection<Grant> & Partial<Pick<CachedCollection<Grant>, 'findCached'>>,
  lists: Collection<GrantList>,
  sealing: Sealing,
  now: Clock,
  life: Options
): Grants {
  const byUser = createGrantsByUser(lists, store, now)
  const inUse = new Set(life.backends.map(({ id }) => id))
  const checkBackend =
    (check: CodeCheck): CodeCheck =>
      (grant) =>
        inUse.has(grant.backend) ? check(grant) : 'the way this person signed in is not in use any more; sign in again'
  /** Looked at anew with each use, whatever the grant was read from. */
  const accessOf = (grant: Grant | undefined, token: string): Access | undefined => {
    const live = grant?.accessTokens[hashSecret(token)]
    // RFC 8707: a token for what this server was called before is not for what it is now.
    if (!grant || !live || live.expiresAt <= now() || grant.resource !== life.publicUrl || !inUse.has(grant.backend)) { return undefined }
    // A tool is shown the person: what it does to that stays with its call.
    return {
      grantId: grant.id,
      clientId: grant.clientId,
      user: { ...grant.user },
      resource: grant.resource,
      scopes: [...live.scopes],
      expiresAt: live.expiresAt,
      clientName: grant.clientName,
      backend: grant.backend,
      attempt: grant.attempt,
      ...(grant.backendSession !== undefined && { backendSession: grant.backendSession })
    }
  }
  const { whenEnded, ended, endingReuse } = createEndings()
  const issuing = createIssuing(store, sealing, now, life)
  const revoke = async (grantId: string) => ended(await store.take(grantId))
  return {
    async issueCode (allowed) {
      const { grant, token } = newGrant(allowed, now(), life)
      await byUser.add(grant)
      await store.put(grant.id, grant, life.authorizationCodeTtl)
      return token
    },
    redeem: (code, check, { withRefresh }) => endingReuse(issuing.redeem(code, checkBackend(check), withRefresh)),
    refresh: (token, check, scopes) => endingReuse(issuing.refresh(token, checkBackend(check), scopes)),
    takeBack: issuing.takeBack,
    async findByRefreshToken (token) {
      const parsed = parseToken('rt', token)
      return parsed && (await store.find(parsed.grantId))
    },
    isCurrentRefreshToken: (grant, token) =>
      grant.refresh !== undefined && grant.refresh.expiresAt > now() && mayRotate(grant, token, sealing),
    verifyAccessToken (token) {
      const parsed = parseToken('at', token)
      const found = parsed && (store.findCached ?? store.find)(parsed.grantId)
      return found instanceof Promise ? found.then((grant) => accessOf(grant, token)) : accessOf(found, token)
    },
    isHeld: (token, clientId) => isHeld(store, sealing, token, clientId),
    stillAllows (access) {
      // What it is for and how the person signed in was looked at when it was verified, and changes with no grant.
      const allows = (grant: Grant | undefined) =>
        grant !== undefined && grant.endsAt > now() && access.scopes.every((scope) => grant.scopes.includes(scope))
      const found = (store.findCached ?? store.find)(access.grantId)
      return found instanceof Promise ? found.then(allows) : allows(found)
    },
    async revokeToken (token, clientId) {
      const found = await takeByToken(store, sealing, token, clientId)
      await ended(found)
      return found
    },
    revoke,
    async revokeAllOf (userId, which) {
      const ids = await byUser.ids(userId)
      await Promise.all((which ? await selectIds(store, ids, which) : ids).map(revoke))
      // Drops them from the list, too.
      await byUser.list(userId)
    },
    listByUser: byUser.list,
    onEnd: whenEnded
  }
}

async function selectIds (store: Collection<Grant>, ids: string[], which: (grant: Grant) => boolean): Promise<string[]> {
  const found = await Promise.all(ids.map((id) => store.find(id)))
  return found.flatMap((grant) => (grant && which(grant) ? [grant.id] : []))
}

/**
 * The grant of an access or refresh token, which is gone by then.
 * @throws invalid_grant for another client's, with nothing changed.
 */
async function takeByToken (
  store: Collection<Grant>,
  sealing: Sealing,
  token: string,
  clientId: string
): Promise<Grant | undefined> {
  const parsed = parseToken('rt', token) ?? parseToken('at', token)
  return (
    parsed &&
    store.update<Grant | undefined>(parsed.grantId, (grant) => {
      if (!grant || !holds(grant, token, sealing)) return { result: undefined }
      if (grant.clientId !== clientId) throw invalidGrant('the token was issued to another client')
      return { remove: true, result: grant }
    })
  )
}

function newGrant (
  {
    clientId,
    clientName,
    user,
    backend,
    backendSession,
    scopes,
    resource,
    attempt,
    accountEndsAt = Infinity,
    ...code
  }: NewGrant,
  createdAt: number,
  life: Options
): { grant: Grant; token: string } {
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
    resource,
    createdAt,
    endsAt: Math.min(accountEndsAt, createdAt + life.grantTtl),
    code: { ...code, hash: hashSecret(token), expiresAt: createdAt + life.authorizationCodeTtl, used: false },
    accessTokens: {},
    attempt
  }
  return { grant, token }
}

/** Who wants to know that a grant has ended before its time. */
function createEndings () {
  const listeners: Array<Parameters<Grants['onEnd']>[0]> = []
  const ended = async (grant: Grant | undefined) => {
    if (grant) for (const listener of listeners) await listener(grant)
  }
  return {
    whenEnded (listener: (typeof listeners)[number]) {
      listeners.push(listener)
    },
    ended,
    /** What was used twice has ended its grant. */
    endingReuse: <T>(work: Promise<T>): Promise<T> =>
      work.catch(async (error: unknown) => {
        if (error instanceof OAuthError && error.cause instanceof TokenReuse) await ended(error.cause.grant)
        throw error
      })
  }
}
