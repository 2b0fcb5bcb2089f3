// Grants and their tokens: issue a code, redeem it, rotate, verify, revoke. One record a grant, one atomic step a change (OAuth 2.1 §4.1, §4.3; RFC 7009).
import { randomBytes } from 'node:crypto'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config.ts'
import { invalidGrant, OAuthError } from '../../errors.ts'
import { equalSecrets, hashSecret, type Sealing } from '../storage/sealing.ts'
import type { Collection } from '../storage/contract.ts'
import { keepRecords, type KeptCollection } from '../storage/kept.ts'
import type { Clock } from '../../clock.ts'
import { createGrantsByUser, type GrantList } from './by-user.ts'
import type { Access, AuthorizationCode, Grant, GrantUser, TokenSet } from './contract.ts'
import { redeemCode, rotateRefresh, type CodeCheck, type Lifetimes, type Outcome } from './steps.ts'
import { newGrantId, newToken, parseToken, refreshToken } from './token-format.ts'

const CHAIN = 'refresh chain'
/** However often it is refreshed, a grant ends a year after the consent, or with the refresh lifetime if that is longer. */
const ABSOLUTE_LIFETIME = 366 * 86_400

declare module 'fastify' {
  interface FastifyInstance { grants: Grants }
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
  issueCode (grant: NewGrant): Promise<string>
  /** @throws invalid_grant. A replay by the code's own client ends the grant first. */
  redeem (code: string, check: CodeCheck, options: { withRefresh: boolean }): Promise<TokenSet>
  /** @param scopes asked for, within the grant's; undefined for all of them. @throws invalid_grant; reuse ends the grant first. */
  refresh (token: string, check: CodeCheck, scopes?: string[]): Promise<TokenSet>
  /** The grant a refresh token belongs to, current or not; for checks that must come before a rotation. */
  findByRefreshToken (token: string): Promise<Grant | undefined>
  /** @returns undefined for anything but a live access token. */
  verifyAccessToken (token: string): Access | undefined | Promise<Access | undefined>
  /** Whether a code or token, used or not, is of a grant of this client. */
  isHeld (token: string, clientId: string): Promise<boolean>
  /** Whether a refresh token is the one that may be used now. */
  isCurrentRefreshToken (grant: Grant, token: string): boolean
  /** RFC 7009: ends the whole grant of an access or refresh token of this client, and returns it; undefined for a token that is none. @throws invalid_grant for another client's. */
  revokeToken (token: string, clientId: string): Promise<Grant | undefined>
  revoke (grantId: string): Promise<void>
  /** Ends everything a person has allowed, codes that were not redeemed yet too. */
  revokeAllOf (userId: string): Promise<void>
  /** The apps a person has connected, newest first. */
  listByUser (userId: string): Promise<Grant[]>
  /** Told of each grant that was ended before its time, after it is gone. */
  whenEnded (listener: (grant: Grant) => Promise<void>): void
}

type Options = Pick<Config, 'publicUrl' | 'backends' | 'accessTokenTtl' | 'refreshTokenTtl' | 'refreshGrace' | 'authorizationCodeTtl'>

export default fp(async function grants (app: FastifyInstance, options: Options) {
  app.decorate('grants', createGrants(await keepRecords<Grant>(app.storage, 'grant', app.now), app.storage.collection<GrantList>('grantList'), app.sealing, app.now, options))
}, { name: 'grants', dependencies: ['storage'] })

export function createGrants (store: Collection<Grant> & Partial<Pick<KeptCollection<Grant>, 'findKept'>>, lists: Collection<GrantList>, sealing: Sealing, now: Clock, life: Options): Grants {
  const byUser = createGrantsByUser(lists, store, now)
  const inUse = new Set(life.backends.map(({ id }) => id))
  const checkBackend = (check: CodeCheck): CodeCheck => (grant) => inUse.has(grant.backend) ? check(grant) : 'the way this person signed in is not in use any more; sign in again'
  /** Looked at anew with each use, whatever the grant was read from. */
  const accessOf = (grant: Grant | undefined, token: string): Access | undefined => {
    const live = grant?.accessTokens[hashSecret(token)]
    // RFC 8707: a token for what this server was called before is not for what it is now.
    if (!grant || !live || live.expiresAt <= now() || grant.resource !== life.publicUrl || !inUse.has(grant.backend)) return undefined
    // A tool is shown the person: what it does to that stays with its call.
    return { grantId: grant.id, clientId: grant.clientId, user: { ...grant.user }, resource: grant.resource, scopes: [...live.scopes], expiresAt: live.expiresAt, clientName: grant.clientName, attempt: grant.attempt, ...(grant.backendSession !== undefined && { backendSession: grant.backendSession }) }
  }
  const { whenEnded, ended, endingReuse } = createEndings()
  const revoke = async (grantId: string) => ended(await store.take(grantId))
  return {
    async issueCode (allowed) {
      const { grant, token } = newGrant(allowed, now(), life)
      await byUser.add(grant)
      await store.put(grant.id, grant, life.authorizationCodeTtl)
      return token
    },
    redeem: (code, check, { withRefresh }) => endingReuse(redeem(store, sealing, now(), life, code, checkBackend(check), withRefresh)),
    refresh: (token, check, scopes) => endingReuse(refresh(store, sealing, now(), life, token, checkBackend(check), scopes)),
    async findByRefreshToken (token) {
      const parsed = parseToken('rt', token)
      return parsed && await store.find(parsed.grantId)
    },
    isCurrentRefreshToken: ({ refresh }, token) => refresh !== undefined && refresh.expiresAt > now() && equalSecrets(refresh.current, hashSecret(token)),
    verifyAccessToken (token) {
      const parsed = parseToken('at', token)
      const found = parsed && (store.findKept ?? store.find)(parsed.grantId)
      return found instanceof Promise ? found.then((grant) => accessOf(grant, token)) : accessOf(found, token)
    },
    async isHeld (token, clientId) {
      const parsed = parseToken('rt', token) ?? parseToken('at', token) ?? parseToken('ac', token)
      const grant = parsed && await store.find(parsed.grantId)
      if (!grant || grant.clientId !== clientId) return false
      return parsed.kind === 'ac' ? equalSecrets(grant.code.hash, hashSecret(token)) : holds(grant, token, sealing)
    },
    async revokeToken (token, clientId) {
      const parsed = parseToken('rt', token) ?? parseToken('at', token)
      if (!parsed) return undefined
      const found = await store.update<Grant | undefined>(parsed.grantId, (grant) => {
        if (!grant || !holds(grant, token, sealing)) return { result: undefined }
        if (grant.clientId !== clientId) throw invalidGrant('the token was issued to another client')
        return { remove: true, result: grant }
      })
      await ended(found)
      return found
    },
    revoke,
    async revokeAllOf (userId) {
      await Promise.all((await byUser.ids(userId)).map(revoke))
      // Drops them from the list, too.
      await byUser.list(userId)
    },
    listByUser: byUser.list,
    whenEnded
  }
}

function newGrant ({ clientId, clientName, user, backend, backendSession, scopes, resource, attempt, accountEndsAt = Infinity, ...code }: NewGrant, createdAt: number, life: Options): { grant: Grant, token: string } {
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
    endsAt: Math.min(accountEndsAt, createdAt + Math.max(ABSOLUTE_LIFETIME, life.refreshTokenTtl)),
    code: { ...code, hash: hashSecret(token), expiresAt: createdAt + life.authorizationCodeTtl, used: false },
    accessTokens: {},
    attempt
  }
  return { grant, token }
}

/** Who wants to know that a grant has ended before its time. */
function createEndings () {
  const listeners: Array<Parameters<Grants['whenEnded']>[0]> = []
  const ended = async (grant: Grant | undefined) => {
    if (grant) for (const listener of listeners) await listener(grant)
  }
  return {
    whenEnded (listener: typeof listeners[number]) { listeners.push(listener) },
    ended,
    /** What was used twice has ended its grant. */
    endingReuse: <T>(work: Promise<T>): Promise<T> => work.catch(async (error: unknown) => {
      if (error instanceof OAuthError && error.cause instanceof SpentSecret) await ended(error.cause.grant)
      throw error
    })
  }
}

async function redeem (store: Collection<Grant>, sealing: Sealing, now: number, life: Lifetimes, code: string, check: CodeCheck, withRefresh: boolean): Promise<TokenSet> {
  const parsed = parseToken('ac', code)
  if (!parsed) throw invalidGrant('the authorization code is not valid; start the authorization again')
  const accessToken = newToken('at', parsed.grantId)
  const chain = randomBytes(32)
  const first = refreshToken(parsed.grantId, chain, 0)
  const family = withRefresh
    ? { current: hashSecret(first), generation: 0, chain: sealing.seal(CHAIN, chain), rotatedAt: now, expiresAt: now + life.refreshTokenTtl }
    : undefined
  const outcome = await store.update(parsed.grantId, (grant) =>
    redeemCode(grant, code, check, { accessHash: hashSecret(accessToken), ...(family && { family }) }, now, life))
  if (outcome.kind !== 'issued') throw refusal(outcome)
  return { accessToken, expiresIn: lifetimeLeft(outcome.grant, now, life), ...(withRefresh && { refreshToken: first }), scopes: outcome.grant.scopes, grant: outcome.grant }
}

async function refresh (store: Collection<Grant>, sealing: Sealing, now: number, life: Lifetimes, token: string, check: CodeCheck, scopes: string[] | undefined): Promise<TokenSet> {
  const parsed = parseToken('rt', token)
  if (!parsed) throw invalidGrant('the refresh token is not valid; sign in again')
  const { grantId, generation } = parsed
  const accessToken = newToken('at', grantId)
  // A chain sealed with a key that is gone cannot be read: the current token still works, and a new chain begins with it.
  const fresh = randomBytes(32)
  let opened: { sealed: string, chain: Buffer } | undefined
  const chainOf = ({ refresh }: Grant): Buffer => {
    const sealed = refresh!.chain
    if (opened?.sealed !== sealed) opened = { sealed, chain: sealing.unseal(CHAIN, sealed) ?? fresh }
    return opened.chain
  }
  let derived: { chain: Buffer, token: string } | undefined
  const successorOf = (grant: Grant): string => {
    const chain = chainOf(grant)
    if (derived?.chain !== chain) derived = { chain, token: refreshToken(grantId, chain, generation + 1) }
    return derived.token
  }
  const outcome = await store.update(grantId, (grant) => rotateRefresh(grant, {
    token,
    generation,
    scopes,
    accessHash: hashSecret(accessToken),
    wasIssued: (found) => derives(found, token, generation, sealing),
    successor (found) {
      const hash = hashSecret(successorOf(found))
      const chain = chainOf(found)
      opened = { sealed: sealing.seal(CHAIN, chain), chain }
      return { hash, chain: opened.sealed }
    }
  }, check, now, life))
  if (outcome.kind !== 'issued') throw refusal(outcome)
  return {
    accessToken,
    expiresIn: lifetimeLeft(outcome.grant, now, life),
    refreshToken: successorOf(outcome.grant),
    scopes: scopes ?? outcome.grant.scopes,
    grant: outcome.grant
  }
}

/** Of an access token that is issued now, in whole seconds. */
const lifetimeLeft = ({ endsAt }: Grant, now: number, { accessTokenTtl }: Lifetimes): number => Math.max(1, Math.floor(Math.min(accessTokenTtl, endsAt - now)))

/** Whether this family once issued the token, at whatever generation. */
function derives (grant: Grant, token: string, generation: number, sealing: Sealing): boolean {
  const chain = grant.refresh && sealing.unseal(CHAIN, grant.refresh.chain)
  return chain !== undefined && equalSecrets(token, refreshToken(grant.id, chain, generation))
}

/** Whether the token is this grant's: a live access token, or a refresh token of any generation. */
function holds (grant: Grant, token: string, sealing: Sealing): boolean {
  const hash = hashSecret(token)
  if (Object.hasOwn(grant.accessTokens, hash) || (grant.refresh && equalSecrets(grant.refresh.current, hash))) return true
  const parsed = parseToken('rt', token)
  return parsed !== undefined && derives(grant, token, parsed.generation, sealing)
}

/** The cause of an invalid_grant that has just ended a grant: a code or refresh token came that was spent. */
export class SpentSecret extends Error {
  readonly grant: Grant

  constructor (grant: Grant) {
    super('used before')
    this.grant = grant
  }
}

const refusal = (outcome: Exclude<Outcome<object>, { kind: 'issued' }>): OAuthError => outcome.kind === 'refused'
  ? invalidGrant(outcome.reason)
  : invalidGrant('this was used before, so the grant it belongs to has been revoked; sign in again', { cause: new SpentSecret(outcome.grant) })
