// Whether a provider vouches that the person showed a second factor just now (`amr`, RFC 8176 §2; `acr` and `auth_time`,
// OpenID Connect Core §2).
import type { Claims, OidcSettings } from './settings.ts'

/** Seconds: what was shown longer ago was for another sign-in. */
const FRESH_SECONDS = 300

/**
 * Methods that prove something by themselves, by what is shown: two of one kind are still one
 * factor.
 */
const KINDS: Readonly<Record<string, 'knowledge' | 'possession' | 'inherence'>> = {
  pwd: 'knowledge',
  pin: 'knowledge',
  hwk: 'possession',
  otp: 'possession',
  pop: 'possession',
  sc: 'possession',
  sms: 'possession',
  swk: 'possession',
  tel: 'possession',
  face: 'inherence',
  fpt: 'inherence',
  iris: 'inherence',
  retina: 'inherence',
  vbm: 'inherence'
}

/**
 * Both times are by the provider's clock.
 * @param signed the claims of an ID token whose signature was checked, and nothing else.
 * @returns seconds; undefined when the provider does not say.
 */
export const authenticationAge = ({ auth_time: authTime, iat }: Claims): number | undefined =>
  typeof authTime === 'number' && typeof iat === 'number' ? Math.max(0, iat - authTime) : undefined

/** @param signed as for {@link authenticationAge}. */
export function vouchesForSecondFactor (signed: Claims, { OIDC_MFA_ACR: accepted = [] }: OidcSettings): boolean {
  const age = authenticationAge(signed)
  if (age === undefined || !(age < FRESH_SECONDS)) return false
  const { amr, acr } = signed
  if (typeof acr === 'string' && accepted.includes(acr)) return true
  const methods = Array.isArray(amr) ? amr.filter((method) => typeof method === 'string') : []
  const kinds = new Set(methods.flatMap((method) => (Object.hasOwn(KINDS, method) ? [KINDS[method]] : [])))
  return methods.includes('mfa') || kinds.size > 1
}
