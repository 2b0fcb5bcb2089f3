// The life of a grant as pure steps: redeem the code, rotate the refresh token, find an access token. Each looks at the
// record, refuses or says what to write; storage makes it one atomic step.
import type { Change } from '../../storage/contract.ts'
import { equalSecrets, hashSecret } from '../../secrets.ts'
import type { Grant, RefreshFamily } from './contract.ts'

/** A grant keeps this many live access tokens; the oldest give way. */
const MAX_ACCESS_TOKENS = 20

export interface Lifetimes {
  accessTokenTtl: number
  refreshTokenTtl: number
  refreshGrace: number
}

/**
 * What became of a request to redeem or refresh. `reused` means: it was ours, it was spent, and the grant is now gone.
 */
export type Outcome = Issued | { kind: 'refused'; reason: string } | { kind: 'reused'; grant: Grant }

export interface Issued {
  kind: 'issued'
  grant: Grant
  /** The access token that goes with it, by its hash in the grant. */
  accessHash: string
  /** Whole seconds that the access token lives. */
  expiresIn: number
  /** The refresh token came again within the grace: for the first time in its generation, or once more. */
  retry?: 'first' | 'again'
}

/** Seconds until the last code or token of a grant has expired: the record stays so long, and not longer. */
export function lifetimeOf ({ code, refresh, accessTokens }: Grant, now: number): number {
  const ends = [
    code.used ? 0 : code.expiresAt,
    refresh?.expiresAt ?? 0,
    ...Object.values(accessTokens).map(({ expiresAt }) => expiresAt)
  ]
  return Math.max(1, Math.max(...ends) - now)
}

const issued = (grant: Grant, accessHash: string, now: number): Change<Grant, Issued> => ({
  write: { record: grant, ttl: lifetimeOf(grant, now) },
  result: resultOf(grant, accessHash, now)
})

/** The millisecond is for what adding and subtracting fractions loses. */
const resultOf = (grant: Grant, accessHash: string, now: number): Issued => ({
  kind: 'issued',
  grant,
  accessHash,
  expiresIn: Math.max(1, Math.floor(grant.accessTokens[accessHash]!.expiresAt - now + 0.001))
})

/** What the client must have got right before the code is touched. Returns a reason to refuse, or undefined. */
export type CodeCheck = (grant: Grant) => string | undefined

/**
 * OAuth 2.1 §4.1.3: redeems an authorization code once. A spent code presented again by its own client ends the grant
 * (§4.1.2); a wrong client, redirect URI or verifier changes nothing.
 */
export function redeemCode (
  grant: Grant | undefined,
  code: string,
  check: CodeCheck,
  tokens: { accessHash: string; family?: RefreshFamily },
  now: number,
  life: Lifetimes
): Change<Grant, Outcome> {
  if (!grant || !equalSecrets(grant.code.hash, hashSecret(code))) { return refused('the authorization code is not valid; start the authorization again') }
  const wrong = check(grant)
  if (wrong !== undefined) return refused(wrong)
  if (grant.code.used) return { remove: true, result: { kind: 'reused', grant } }
  if (grant.code.expiresAt <= now) return refused('the authorization code has expired; start the authorization again')
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

export interface RefreshRequest {
  token: string
  generation: number
  /** Scopes asked for; already known to be within the grant's. */
  scopes: string[] | undefined
  /** Proves that a token which is not the current one was once issued in this family. */
  wasIssued(grant: Grant): boolean
  /** Hash of the access token that comes with the successor: a retry gets the same one again. */
  accessHash(grant: Grant): string
  /** Hash of an access token of its own, for a retry whose first one has expired or has other scopes. */
  spareAccessHash: string
  /** Hash of the successor, and the chain to keep (sealed anew under the first key). */
  successor(grant: Grant): { hash: string; chain: string }
}

/**
 * OAuth 2.1 §4.3.1: rotates a refresh token. Within the grace the immediately previous token gets the same tokens
 * again; later, or older, is reuse and ends the grant. A token of a higher generation than the stored one was issued by
 * us and is unknown to storage: storage was set back (a restore, a failover), and the grant goes on from the token.
 */
export function rotateRefresh (
  grant: Grant | undefined,
  request: RefreshRequest,
  check: CodeCheck,
  now: number,
  life: Lifetimes
): Change<Grant, Outcome> {
  const family = grant?.refresh
  if (!grant || !family) return refused('the refresh token is not valid; sign in again')
  const isCurrent = equalSecrets(family.current, hashSecret(request.token))
  if (!isCurrent && !request.wasIssued(grant)) return refused('the refresh token is not valid; sign in again')
  const wrong = check(grant)
  if (wrong !== undefined) return refused(wrong)
  if (family.expiresAt <= now) return refused('the refresh token has expired; sign in again')
  if (isCurrent || request.generation > family.generation) return rotate(grant, request, now, life)
  // Clocks of instances differ a little, so a small negative age is a retry too; a large one is a clock that was set
  // back.
  const isRetry = request.generation === family.generation - 1 && Math.abs(now - family.rotatedAt) <= life.refreshGrace
  return isRetry ? retry(grant, family, request, now, life) : { remove: true, result: { kind: 'reused', grant } }
}

function rotate (grant: Grant, request: RefreshRequest, now: number, life: Lifetimes): Change<Grant, Issued> {
  const accessHash = request.accessHash(grant)
  const { hash: current, chain } = request.successor(grant)
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

/** What a retry needs is there already, so that any number of them writes once. */
function retry (
  grant: Grant,
  family: RefreshFamily,
  request: RefreshRequest,
  now: number,
  life: Lifetimes
): Change<Grant, Issued> {
  const sameHash = request.accessHash(grant)
  const same = grant.accessTokens[sameHash]
  const isThere =
    same !== undefined && same.expiresAt > now && same.scopes.join(' ') === (request.scopes ?? grant.scopes).join(' ')
  const accessHash = isThere ? sameHash : request.spareAccessHash
  if (isThere && family.retried) return { result: { ...resultOf(grant, accessHash, now), retry: 'again' } }
  const accessTokens = isThere ? grant.accessTokens : withAccessToken(grant, accessHash, request.scopes, now, life)
  const change = issued({ ...grant, refresh: { ...family, retried: true }, accessTokens }, accessHash, now)
  return { ...change, result: { ...change.result, retry: family.retried ? 'again' : 'first' } }
}

function withAccessToken (
  grant: Grant,
  hash: string,
  scopes = grant.scopes,
  now: number,
  life: Lifetimes
): Grant['accessTokens'] {
  const live = Object.entries(grant.accessTokens).filter(([, other]) => other.expiresAt > now)
  const token = { scopes, expiresAt: Math.min(now + life.accessTokenTtl, grant.endsAt) }
  return Object.fromEntries([...live, [hash, token] as const].slice(-MAX_ACCESS_TOKENS))
}

const refused = (reason: string): Change<Grant, { kind: 'refused'; reason: string }> => ({
  result: { kind: 'refused', reason }
})
