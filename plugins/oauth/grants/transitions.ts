// The life of a grant as pure transitions: redeem the code, rotate the refresh token. Each reads the record, and either
// refuses or returns what to write; storage makes it one atomic step.
import type { Reason } from '../../../errors.ts'
import type { Change } from '../../storage/contract.ts'
import { equalSecrets, hashSecret } from '../../secrets.ts'
import type { Grant, RefreshState } from './contract.ts'

/** Live access tokens of one grant; beyond it the oldest are dropped. */
const MAX_ACCESS_TOKENS = 20
/** Of a service, which may run many times at once. */
export const MAX_SERVICE_TOKENS = 100

export interface Lifetimes {
  accessTokenTtl: number
  refreshTokenTtl: number
  refreshGrace: number
}

/**
 * The outcome of a request to redeem or refresh. `reused`: it was one of ours, it had been used, and the grant is now
 * removed.
 */
export type Outcome = Issued | { kind: 'refused'; reason: string; because?: Reason } | { kind: 'reused'; grant: Grant }

export interface Issued {
  kind: 'issued'
  grant: Grant
  /** Key of the issued access token in {@link Grant.accessTokens}. */
  accessHash: string
  /** Whole seconds until the access token expires. */
  expiresIn: number
  /**
   * The refresh token came again within the grace: for the first time in its generation, or
   * once more.
   */
  retry?: 'first' | 'again'
}

/**
 * Seconds until the last code or token of a grant has expired, which is how long the record is
 * stored.
 */
export function lifetimeOf ({ code, refresh, accessTokens }: Grant, now: number): number {
  const ends = [
    code === undefined || code.used ? 0 : code.expiresAt,
    refresh?.expiresAt ?? 0,
    ...Object.values(accessTokens).map(({ expiresAt }) => expiresAt)
  ]
  return Math.max(1, Math.max(...ends) - now)
}

const issued = (grant: Grant, accessHash: string, now: number): Change<Grant, Issued> => ({
  write: { record: grant, ttl: lifetimeOf(grant, now) },
  result: resultOf(grant, accessHash, now)
})

/**
 * Seconds that an access token of the grant is valid for. The added millisecond makes up for
 * the rounding of fractions.
 */
export const expiresInOf = ({ accessTokens }: Grant, hash: string, now: number): number =>
  Math.max(1, Math.floor(accessTokens[hash]!.expiresAt - now + 0.001))

const resultOf = (grant: Grant, accessHash: string, now: number): Issued => ({
  kind: 'issued',
  grant,
  accessHash,
  expiresIn: expiresInOf(grant, accessHash, now)
})

/**
 * Checks the request against the grant before anything is consumed. @returns a reason to
 * refuse, or undefined.
 */
export type GrantCheck = (grant: Grant) => string | undefined

/**
 * OAuth 2.1 §4.1.3: redeems an authorization code once. A used code presented again by its own client ends the grant
 * (§4.1.2); a wrong client, redirect URI or verifier changes nothing.
 */
export function redeemCode (
  grant: Grant | undefined,
  code: string,
  check: GrantCheck,
  tokens: { accessHash: string; family?: RefreshState },
  now: number,
  life: Lifetimes
): Change<Grant, Outcome> {
  if (!grant?.code || !equalSecrets(grant.code.hash, hashSecret(code))) {
    return refused('the authorization code is not valid; start the authorization again', 'code_expired')
  }
  const wrong = check(grant)
  if (wrong !== undefined) return refused(wrong, 'code_mismatch')
  if (grant.code.used) return { remove: true, result: { kind: 'reused', grant } }
  if (grant.code.expiresAt <= now) {
    return refused('the authorization code has expired; start the authorization again', 'code_expired')
  }
  const next: Grant = {
    ...grant,
    code: { ...grant.code, used: true },
    ...(tokens.family && { refresh: { ...tokens.family, expiresAt: Math.min(tokens.family.expiresAt, grant.endsAt) } }),
    accessTokens: {
      [tokens.accessHash]: { scopes: grant.scopes, expiresAt: Math.min(now + life.accessTokenTtl, grant.endsAt) }
    }
  }
  return issued(next, tokens.accessHash, now)
}

/**
 * RFC 6749 §4.4.3: one more access token of a service. Those of an earlier
 * {@link Grant.service} end.
 * @param fresh the grant as it is from now on, without its tokens.
 */
export function issueToService (
  grant: Grant | undefined,
  fresh: Omit<Grant, 'accessTokens'>,
  token: { hash: string; scopes: string[] },
  now: number,
  life: Lifetimes
): Change<Grant, Issued> {
  // Tokens for an earlier address stay what they are: for that one (RFC 8707).
  const isSame = grant?.service === fresh.service && grant?.resource === fresh.resource
  const before = isSame
    ? { ...fresh, createdAt: grant!.createdAt, accessTokens: grant!.accessTokens }
    : { ...fresh, accessTokens: {} }
  const { hash, scopes } = token
  const most = MAX_SERVICE_TOKENS
  const accessTokens = withAccessToken(before, hash, scopes, now, life, most)
  return issued({ ...before, accessTokens }, hash, now)
}

/**
 * What is known of a refresh token that was presented, for the grant as it is stored now.
 */
export interface RefreshRequest {
  token: string
  generation: number
  /**
   * Requested scopes, already known to be within the grant's; undefined for all of them.
   */
  scopes: string[] | undefined
  /** Whether the grant's family issued this token, current or not. */
  wasIssued: boolean
  /**
   * Hash of the access token of the next generation: a retry gets the same one again.
   */
  accessHash: string
  /**
   * Hash of an additional access token, for a retry whose first one has expired or has other
   * scopes.
   */
  spareAccessHash: string
  /** Called before each of those is written. What it throws refuses the request. */
  beforeSpare?: (() => void) | undefined
  /**
   * Hash of the next refresh token, and the family's key sealed under the first secret key.
   */
  successor: { hash: string; chain: string }
}

/**
 * OAuth 2.1 §4.3.1: rotates a refresh token. Within the grace period the immediately previous token gets the same
 * tokens again; a later or older one is reuse and ends the grant. A token of ours whose generation is higher than the
 * stored one means that storage was set back (a restore, a failover): the grant continues from the token.
 * @param request undefined where there is no grant, or none with a refresh token.
 */
export function rotateRefresh (
  grant: Grant | undefined,
  request: RefreshRequest | undefined,
  check: GrantCheck,
  now: number,
  life: Lifetimes
): Change<Grant, Outcome> {
  const family = grant?.refresh
  if (!grant || !family || !request) return refused('the refresh token is not valid; sign in again')
  const isCurrent = equalSecrets(family.current, hashSecret(request.token))
  if (!isCurrent && !request.wasIssued) return refused('the refresh token is not valid; sign in again')
  const wrong = check(grant)
  if (wrong !== undefined) return refused(wrong)
  if (family.expiresAt <= now) return refused('the refresh token has expired; sign in again')
  if (isCurrent || request.generation > family.generation) return rotate(grant, request, now, life)
  // The clocks of instances differ a little, so a small negative age is a retry too; a large
  // one is a clock that was
  // set back.
  const isRetry = request.generation === family.generation - 1 && Math.abs(now - family.rotatedAt) <= life.refreshGrace
  return isRetry ? retry(grant, family, request, now, life) : { remove: true, result: { kind: 'reused', grant } }
}

function rotate (grant: Grant, request: RefreshRequest, now: number, life: Lifetimes): Change<Grant, Issued> {
  const { accessHash } = request
  const { hash: current, chain } = request.successor
  const refresh = {
    current,
    chain,
    generation: request.generation + 1,
    rotatedAt: now,
    expiresAt: Math.min(now + life.refreshTokenTtl, grant.endsAt)
  }
  return issued(
    { ...grant, refresh, accessTokens: withAccessToken(grant, accessHash, request.scopes, now, life) },
    accessHash,
    now
  )
}

/** The first retry writes; all later ones find what they need in the record. */
function retry (
  grant: Grant,
  family: RefreshState,
  request: RefreshRequest,
  now: number,
  life: Lifetimes
): Change<Grant, Issued> {
  const sameHash = request.accessHash
  const same = grant.accessTokens[sameHash]
  const isThere =
    same !== undefined && same.expiresAt > now && same.scopes.join(' ') === (request.scopes ?? grant.scopes).join(' ')
  if (!isThere) request.beforeSpare?.()
  const accessHash = isThere ? sameHash : request.spareAccessHash
  if (isThere && family.retried) return { result: { ...resultOf(grant, accessHash, now), retry: 'again' } }
  const accessTokens = isThere ? grant.accessTokens : withAccessToken(grant, accessHash, request.scopes, now, life)
  const change = issued({ ...grant, refresh: { ...family, retried: true }, accessTokens }, accessHash, now)
  return { ...change, result: { ...change.result, retry: family.retried ? 'again' : 'first' } }
}

export function withAccessToken (
  grant: Grant,
  hash: string,
  scopes = grant.scopes,
  now: number,
  life: Lifetimes,
  most = MAX_ACCESS_TOKENS
): Grant['accessTokens'] {
  const live = Object.entries(grant.accessTokens).filter(([, other]) => other.expiresAt > now)
  const token = { scopes, expiresAt: Math.min(now + life.accessTokenTtl, grant.endsAt) }
  return Object.fromEntries([...live, [hash, token] as const].slice(-most))
}

const refused = (reason: string, because?: Reason): Change<Grant, Extract<Outcome, { kind: 'refused' }>> => ({
  result: { kind: 'refused', reason, ...(because && { because }) }
})
