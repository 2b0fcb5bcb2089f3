// What an ID-JAG must be: typed, signed by a trusted issuer, for this server, young and
// short-lived (draft-ietf-oauth-identity-assertion-authz-grant-04 §3.1, §4.4.1; RFC 7523
// §3; RFC 8725 §3).
// Tested in test/routes/token/id-jag.test.ts.
import type { JSONWebKeySet, JWK, JWTPayload } from 'jose'
import { z } from 'zod'
import type { Clock } from '../../../clock.ts'
import { invalidGrant } from '../../../errors.ts'
import { assertionAlgorithms } from '../clients/assertion.ts'
import type { Issuer, IssuerKeys } from './issuer-keys.ts'

const TYPE = 'oauth-id-jag+jwt'
const MAX_CHARACTERS = 8 * 1024
/**
 * From `iat` to `exp`: the longest that the drafts mention. Identity providers write five
 * minutes.
 */
const MAX_LIFETIME_SECONDS = 3_600
export const CLOCK_TOLERANCE_SECONDS = 60

const text = (max: number) => z.string().min(1).max(max)
/** Whose keys to verify it with, before anything is verified. */
const unverified = z.object({ iss: text(500) })
const claims = z.object({
  sub: text(255),
  // One audience: with several, each of them could use it at the others.
  aud: z.union([text(500), z.tuple([text(500)]).transform(([only]) => only)]),
  client_id: text(512),
  jti: text(512),
  exp: z.number(),
  iat: z.number(),
  resource: z.union([text(2_000), z.array(text(2_000)).min(1).max(10)]).optional(),
  scope: z.string().max(2_000).optional(),
  tenant: z.string().optional(),
  cnf: z.unknown().optional(),
  email: z.email().max(254).optional().catch(undefined),
  email_verified: z.unknown().optional(),
  name: z.string().optional().catch(undefined)
})

/** A verified assertion. Whether it was used before is not known yet. */
export interface IdJag
  extends Pick<z.output<typeof claims>, 'jti' | 'exp' | 'scope' | 'email' | 'name'> {
  issuer: Issuer
  subject: string
  clientId: string
  /** Empty where it names none. */
  resources: string[]
  /** The issuer itself says that the person does not own the address. */
  deniesEmail: boolean
}

interface Options {
  issuers: ReadonlyMap<string, { issuer: Issuer; keys: IssuerKeys }>
  /** Of this authorization server. */
  ownIssuer: string
  now: Clock
}

export const refuse = (reason: string) => invalidGrant(`the ID-JAG was not accepted: ${reason}`)

/**
 * Nothing is asked of anyone for an assertion of another type, or of an issuer that is not
 * configured.
 * @throws invalid_grant; temporarily_unavailable when the issuer's keys cannot be had.
 */
export async function verifyIdJag (
  assertion: string,
  { issuers, ownIssuer, now }: Options
): Promise<IdJag> {
  if (assertion.length > MAX_CHARACTERS) {
    throw refuse(`it is longer than ${MAX_CHARACTERS} characters`)
  }
  const trusted = issuers.get(await issuerOf(assertion))
  if (!trusted) throw refuse('its issuer is not one that this server trusts')
  const { issuer, keys } = trusted
  const payload = await checkSignature(assertion, issuer, keys, now)
  const { success, data } = claims.safeParse(payload)
  if (!success) {
    throw refuse('sub, aud, client_id, jti, exp and iat are required, and a claim is malformed')
  }
  // With or without the slash at its end the issuer is the same.
  const audiences =
    issuer.audience === undefined ? [ownIssuer, `${ownIssuer}/`] : [issuer.audience]
  if (!audiences.includes(data.aud)) throw refuse('its aud is not this authorization server')
  if (data.iat > now() + CLOCK_TOLERANCE_SECONDS) throw refuse('its iat is in the future')
  if (data.exp - data.iat > MAX_LIFETIME_SECONDS) {
    throw refuse(`it is valid for longer than ${MAX_LIFETIME_SECONDS} seconds`)
  }
  // Another organization at a shared issuer could name any address.
  if (data.tenant !== issuer.tenant) {
    throw refuse('its tenant is not the one that this server trusts')
  }
  if (data.cnf !== undefined) {
    throw refuse('it is bound to a key (cnf), and nothing here can check that')
  }
  const { sub: subject, client_id: clientId, resource = [], jti, exp, scope, email, name } = data
  return {
    issuer,
    subject,
    clientId,
    resources: [resource].flat(),
    jti,
    exp,
    scope,
    email,
    name,
    deniesEmail: data.email_verified === false || data.email_verified === 'false'
  }
}

/**
 * The unverified issuer, of what has the type and an algorithm of an ID-JAG: an ID token of
 * the same issuer has not.
 */
async function issuerOf (assertion: string): Promise<string> {
  const { decodeJwt, decodeProtectedHeader } = await import('jose')
  let header, found
  try {
    header = decodeProtectedHeader(assertion)
    found = unverified.parse(decodeJwt(assertion))
  } catch {
    throw refuse('it is not a signed JWT with an issuer')
  }
  if (header.typ !== TYPE) throw refuse(`its typ is not ${TYPE}`)
  if (!assertionAlgorithms.includes(header.alg ?? '')) {
    throw refuse(`its alg is not one of ${assertionAlgorithms.join(', ')}`)
  }
  return found.iss
}

async function checkSignature (
  assertion: string,
  { issuer }: Issuer,
  keys: IssuerKeys,
  now: Clock
): Promise<JWTPayload> {
  const { createLocalJWKSet, errors, jwtVerify } = await import('jose')
  const expected = {
    issuer,
    typ: TYPE,
    algorithms: assertionAlgorithms,
    requiredClaims: ['exp', 'iat'],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    currentDate: new Date(now() * 1000)
  }
  const check = (found: JWK[]) =>
    jwtVerify(assertion, createLocalJWKSet({ keys: found } as JSONWebKeySet), expected).then(
      ({ payload }) => ({ payload }),
      (error: unknown) => ({ error })
    )
  const first = await check(await keys.find(false))
  if ('payload' in first) return first.payload
  const mayBeNew = first.error instanceof errors.JWKSNoMatchingKey
  const second = mayBeNew ? await check(await keys.find(true)) : first
  if ('payload' in second) return second.payload
  const { error } = second
  if (error instanceof errors.JWTExpired) {
    throw refuse('it has expired; get a new one from the identity provider')
  }
  throw refuse(error instanceof errors.JOSEError ? error.code : 'its key cannot be used')
}
