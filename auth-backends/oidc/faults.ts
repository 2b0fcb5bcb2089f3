// Describes faults of a provider to the operator, with the remedy where it is known (RFC 6749 §5.2, OpenID
// Connect Discovery §4.3, Core §3.1.3.7).
import { hasTooLongAnswer } from '../bounded-fetch.ts'
import type { OutageReason } from '../contract.ts'
import { appleKeyOf, issuerOf, type OidcSettings } from './settings.ts'

export interface Fault {
  reason: OutageReason
  /** Continues the sentence "The OpenID provider at HOST …". */
  says: string
}

/**
 * The code of the provider's answer to a token request that was refused (RFC 6749 §5.2).
 */
export const refusalOf = (error: unknown): string | undefined => {
  const { code, error: refusal } = error as { code?: string; error?: string }
  return code === 'OAUTH_RESPONSE_BODY_ERROR' ? refusal : undefined
}

/**
 * Describes the fault by its code, its status and public details: never by the text of an answer, which may repeat what
 * was sent.
 */
export function describeFault (error: unknown, settings: OidcSettings): Fault {
  const { code, cause } = error as { code?: string; cause?: unknown }
  if (code === 'OAUTH_TIMEOUT' || code === 'ERR_JWKS_TIMEOUT') return { reason: 'slow', says: 'did not answer in time' }
  if (hasTooLongAnswer(error)) return { reason: 'unreadable', says: 'gave an answer that is too long' }
  if (code === 'ERR_JOSE_GENERIC') return { reason: 'unreachable', says: 'did not send its keys' }
  if (code === 'OAUTH_AUTHORIZATION_RESPONSE_ERROR' || code === 'OAUTH_RESPONSE_BODY_ERROR') {
    return describeRefusal(error as { error?: string; status?: number }, settings)
  }
  if (cause instanceof Response) return describeStatus(cause)
  if (code === undefined || (error instanceof TypeError && !/^ERR_/.test(code))) {
    const causeCode = (cause as { code?: unknown } | undefined)?.code
    return { reason: 'unreachable', says: `could not be reached${typeof causeCode === 'string' ? ` (${causeCode})` : ''}` }
  }
  return { reason: 'unreadable', says: describeAnswer(code, error, settings) ?? `gave an answer that is not valid (${code})` }
}

function describeRefusal ({ error, status }: { error?: string; status?: number }, settings: OidcSettings): Fault {
  const named = /^[a-z_]{1,60}$/.test(error ?? '') ? error! : 'an error'
  if (named === 'server_error' || named === 'temporarily_unavailable') { return { reason: 'unreachable', says: `answered ${named}` } }
  const isClient = named === 'invalid_client' || named === 'unauthorized_client'
  const advice = isClient ? `: check ${credentials(settings)}` : ''
  return { reason: 'refused', says: `answered ${status ? `HTTP ${status} ` : ''}${named}${advice}` }
}

function credentials (settings: OidcSettings): string {
  if (appleKeyOf(settings)) return 'OIDC_CLIENT_ID (the Services ID), OIDC_APPLE_TEAM_ID, OIDC_APPLE_KEY_ID and OIDC_APPLE_KEY'
  const how =
    settings.OIDC_CLIENT_SECRET === undefined
      ? 'no secret was sent, since OIDC_CLIENT_SECRET is not set'
      : `the secret was sent by ${settings.OIDC_TOKEN_AUTH ?? 'the method that the provider prefers, client_secret_basic if it takes it'}; if this client is registered for another one there, set OIDC_TOKEN_AUTH`
  return `OIDC_CLIENT_ID and OIDC_CLIENT_SECRET (${how})`
}

function describeStatus ({ status, url }: Response): Fault {
  if (status === 429) return { reason: 'busy', says: 'answered HTTP 429' }
  if (status >= 500) return { reason: 'unreachable', says: `answered HTTP ${status}` }
  const path = URL.parse(url)?.pathname
  const help = path?.endsWith('/openid-configuration') ? `; it should be the discovery document, ${path}: check OIDC_ISSUER` : ''
  return { reason: 'unreadable', says: `gave an answer that cannot be read (HTTP ${status})${help}` }
}

/** @returns undefined for a fault without a known remedy. */
function describeAnswer (code: string, error: unknown, settings: OidcSettings): string | undefined {
  const detail = detailOf(error)
  switch (code) {
    case 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED':
      return detail['attribute'] === 'issuer' ? otherIssuer('calls itself', member(detail['body'], 'issuer'), settings) : undefined
    case 'OAUTH_JWT_CLAIM_COMPARISON_FAILED':
      if (detail['claim'] === 'iss') { return otherIssuer('signs ID tokens as', member(detail['claims'], 'iss'), settings) }
      return detail['claim'] === 'aud' ? 'gave an ID token for another client: check OIDC_CLIENT_ID' : undefined
    case 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED':
      return 'gave an ID token whose times do not fit the clock here: check the clocks of both machines'
    case 'OAUTH_UNSUPPORTED_OPERATION':
    case 'OAUTH_INVALID_RESPONSE':
      return wrongAlgorithm(detail['alg'] ?? member(detail['header'], 'alg'))
    case 'ERR_NO_KEYS':
      return 'publishes no keys (jwks_uri), so that nothing it signs can be checked'
    case 'ERR_JWKS_NO_MATCHING_KEY':
      return 'signed with a key that it does not publish at its jwks_uri'
    case 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED':
      return 'gave an ID token that the key it names has not signed'
    default:
      return undefined
  }
}

const wrongAlgorithm = (algorithm: unknown): string | undefined =>
  typeof algorithm === 'string' && /^(?:[HREP]S\d{3}|EdDSA|Ed25519|none)$/.test(algorithm)
    ? `signs with ${algorithm}, which proves nothing here: choose a signing key (RS256 or ES256) for this client at the provider`
    : undefined

/** Both are public. A value that is not an address is not repeated. */
function otherIssuer (verb: string, issuer: unknown, { OIDC_ISSUER }: OidcSettings): string {
  const named = typeof issuer === 'string' && /^https?:\/\/[\x21-\x7e]{1,300}$/.test(issuer) ? issuer : 'something else'
  const remedy = named === 'something else' ? '' : `; if that is the right provider, set OIDC_ISSUER=${named}`
  return `${verb} ${named}, and OIDC_ISSUER is ${issuerOf(OIDC_ISSUER)}${remedy}`
}

/**
 * The details that the library adds to the code, from anywhere in the chain of causes.
 */
function detailOf (error: unknown): Record<string, unknown> {
  let cause = error
  for (let depth = 0; depth < 4; depth++) {
    cause = (cause as { cause?: unknown } | undefined)?.cause
    if (typeof cause !== 'object' || cause === null) break
    const detail = cause as Record<string, unknown>
    if (['attribute', 'claim', 'alg', 'header'].some((name) => name in detail)) return detail
  }
  return {}
}

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
