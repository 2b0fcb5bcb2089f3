// Who is calling, told to an upstream over HTTP: by headers, or by a token that it can check (RFC 7519, RFC 8693 §4.1,
// RFC 8725 §3.11).
import { randomUUID } from 'node:crypto'
import type { Clock } from '../../../clock.ts'
import type { UpstreamSettings } from '../../../config/upstreams.ts'
import { isRecent } from '../../is-recent.ts'
import type { UpstreamCaller } from '../contract.ts'

/** `typ` of the token, by which it cannot be taken for an ID token or an access token. */
export const UPSTREAM_TOKEN_TYPE = 'mcp-upstream+jwt'
const LIFETIME_SECONDS = 300
/** A token that is kept has at least this long to live when it is sent. */
const MIN_REMAINING_SECONDS = 60
const MAX_KEPT_TOKENS = 1000

export interface UpstreamTokenClaims extends Record<string, unknown> {
  iss: string
  aud: string
  sub: string
  iat: number
  exp: number
  jti: string
}

export interface IdentityDeps {
  /** Of the tokens: the public URL of this server. */
  issuer: string
  /** Signs under the key set of this server, with {@link UPSTREAM_TOKEN_TYPE} as `typ`. */
  sign: (claims: UpstreamTokenClaims) => Promise<string>
  now: Clock
}

type Headers = Readonly<Record<string, string>>

/** What a request to this upstream says about the caller; `undefined` for this server itself. */
export type IdentityHeaders = (settings: UpstreamSettings, caller: UpstreamCaller | undefined) => Headers | Promise<Headers>

export function createIdentityHeaders ({ issuer, sign, now }: IdentityDeps): IdentityHeaders {
  const kept = new Map<string, { iat: number; token: Promise<string> }>()

  const tokenFor = (audience: string, caller: UpstreamCaller | undefined): Promise<string> => {
    const key = JSON.stringify([audience, caller])
    const known = kept.get(key)
    const iat = Math.floor(now())
    if (known && isRecent(known.iat, LIFETIME_SECONDS - MIN_REMAINING_SECONDS, iat)) return known.token
    const exp = iat + LIFETIME_SECONDS
    const token = sign({ iss: issuer, aud: audience, ...aboutCaller(caller, issuer), iat, exp, jti: randomUUID() })
    kept.delete(key)
    kept.set(key, { iat, token })
    if (kept.size > MAX_KEPT_TOKENS) kept.delete(kept.keys().next().value!)
    // A failure is not kept.
    token.catch(() => kept.delete(key))
    return token
  }

  return ({ identity, target }, caller) => {
    if (identity === 'headers') return caller ? forwarded(caller) : {}
    if (identity === 'token' && target.kind === 'http') {
      return tokenFor(target.url, caller).then((token) => ({ authorization: `Bearer ${token}` }))
    }
    return {}
  }
}

function aboutCaller (caller: UpstreamCaller | undefined, issuer: string): { sub: string } & Record<string, unknown> {
  if (!caller) return { sub: issuer }
  const { id, email, name, groups, clientId } = caller
  return {
    sub: id,
    ...(email !== undefined && { email, email_verified: true }),
    ...(name !== undefined && { name }),
    groups,
    act: { sub: clientId }
  }
}

const forwarded = ({ id, email, name, groups }: UpstreamCaller): Headers => ({
  'x-forwarded-user': visible(id),
  ...(email !== undefined && { 'x-forwarded-email': visible(email) }),
  ...(name !== undefined && { 'x-forwarded-name': visible(name) }),
  ...(groups.length > 0 && { 'x-forwarded-groups': groups.map((group) => visible(group).replaceAll(',', '%2C')).join(',') })
})

/** Percent-encoded where it is not visible ASCII, and `%` itself: a header holds nothing else in every server. */
const visible = (value: string): string => value.toWellFormed().replace(/[^\x21-\x24\x26-\x7e]+/g, encodeURIComponent)
