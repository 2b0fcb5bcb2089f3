// The life of a grant as pure steps: redeem the code, rotate the refresh token, find an access token. Each looks at the record, refuses or says what to write; storage makes it one atomic step.
import type { Change } from '../storage/contract.ts'
import { equalSecrets, hashSecret } from '../storage/sealing.ts'
import type { Grant, RefreshFamily } from './contract.ts'

/** A grant keeps this many live access tokens; the oldest give way. */
const MOST_ACCESS_TOKENS = 20

export interface Lifetimes {
  accessTokenTtl: number
  refreshTokenTtl: number
  refreshGrace: number
}

/** What became of a request to redeem or refresh. `reused` means: it was ours, it was spent, and the grant is now gone. */
export type Outcome<T> = { kind: 'issued' } & T | { kind: 'refused', reason: string } | { kind: 'reused', grant: Grant }

/** The record stays until its last token is over, and not longer. */
const write = (grant: Grant, now: number) => {
  const over = Math.max(grant.refresh?.expiresAt ?? 0, ...Object.values(grant.accessTokens).map((token) => token.expiresAt))
  return { record: grant, ttl: Math.max(1, over - now) }
}

/** What the client must have got right before the code is touched. Returns a reason to refuse, or undefined. */
export type CodeCheck = (grant: Grant) => string | undefined

/**
 * OAuth 2.1 §4.1.3: redeems an authorization code once. A spent code presented again by its own client ends the grant
 * (§4.1.2); a wrong client, redirect URI or verifier changes nothing.
 */
export function redeemCode (grant: Grant | undefined, code: string, check: CodeCheck, tokens: { accessHash: string, family?: RefreshFamily }, now: number, life: Lifetimes): Change<Grant, Outcome<{ grant: Grant }>> {
  if (!grant || !equalSecrets(grant.code.hash, hashSecret(code))) return refused('the authorization code is not valid; start the authorization again')
  const wrong = check(grant)
  if (wrong !== undefined) return refused(wrong)
  if (grant.code.used) return { remove: true, result: { kind: 'reused', grant } }
  if (grant.code.expiresAt <= now) return refused('the authorization code has expired; start the authorization again')
  const next: Grant = {
    ...grant,
    code: { ...grant.code, used: true },
    ...(tokens.family && { refresh: { ...tokens.family, expiresAt: Math.min(tokens.family.expiresAt, grant.endsAt) } }),
    accessTokens: { [tokens.accessHash]: { scopes: grant.scopes, expiresAt: Math.min(now + life.accessTokenTtl, grant.endsAt) } }
  }
  return { write: write(next, now), result: { kind: 'issued', grant: next } }
}

export interface RefreshRequest {
  token: string
  generation: number
  /** Scopes asked for; already known to be within the grant's. */
  scopes: string[] | undefined
  /** Proves that a token which is not the current one was once issued in this family. */
  wasIssued (grant: Grant): boolean
  accessHash: string
  /** Hash of the successor, and the chain to keep (sealed anew under the first key). */
  successor (grant: Grant): { hash: string, chain: string }
}

/**
 * OAuth 2.1 §4.3.1: rotates a refresh token. Within the grace the immediately previous token gets the same successor
 * again; later, or older, is reuse and ends the grant.
 */
export function rotateRefresh (grant: Grant | undefined, request: RefreshRequest, check: CodeCheck, now: number, life: Lifetimes): Change<Grant, Outcome<{ grant: Grant }>> {
  const family = grant?.refresh
  if (!grant || !family) return refused('the refresh token is not valid; sign in again')
  const isCurrent = equalSecrets(family.current, hashSecret(request.token))
  if (!isCurrent && !request.wasIssued(grant)) return refused('the refresh token is not valid; sign in again')
  const wrong = check(grant)
  if (wrong !== undefined) return refused(wrong)
  if (family.expiresAt <= now) return refused('the refresh token has expired; sign in again')
  const isRetry = !isCurrent && request.generation === family.generation - 1 && now - family.rotatedAt <= life.refreshGrace
  if (!isCurrent && !isRetry) return { remove: true, result: { kind: 'reused', grant } }

  const next: Grant = {
    ...grant,
    refresh: isCurrent ? rotated(grant, family, request, now, life) : family,
    accessTokens: withAccessToken(grant, request.accessHash, { scopes: request.scopes ?? grant.scopes, expiresAt: Math.min(now + life.accessTokenTtl, grant.endsAt) }, now)
  }
  return { write: write(next, now), result: { kind: 'issued', grant: next } }
}

function rotated (grant: Grant, family: RefreshFamily, request: RefreshRequest, now: number, life: Lifetimes): RefreshFamily {
  const { hash, chain } = request.successor(grant)
  return {
    current: hash,
    chain,
    generation: family.generation + 1,
    rotatedAt: now,
    expiresAt: Math.min(now + life.refreshTokenTtl, grant.endsAt)
  }
}

function withAccessToken (grant: Grant, hash: string, token: Grant['accessTokens'][string], now: number): Grant['accessTokens'] {
  const live = Object.entries(grant.accessTokens).filter(([, other]) => other.expiresAt > now)
  return Object.fromEntries([...live, [hash, token] as const].slice(-MOST_ACCESS_TOKENS))
}

const refused = (reason: string): Change<Grant, { kind: 'refused', reason: string }> => ({ result: { kind: 'refused', reason } })
