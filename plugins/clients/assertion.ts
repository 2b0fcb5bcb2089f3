// private_key_jwt: a client proves itself with a signature under a key that its metadata document names (RFC 7523 §3, RFC 7521 §4.2).
import type { JSONWebKeySet, JWTPayload } from 'jose'
import { z } from 'zod'
import type { Clock } from '../../clock.ts'
import { invalidClient } from '../../errors.ts'
import type { Collection } from '../storage/contract.ts'
import { hashSecret } from '../storage/sealing.ts'
import { FetchRefused, fetchDocument } from './safe-fetch.ts'

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
/** Signatures only: a shared key would make the public document a secret. */
export const assertionAlgorithms = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA']
/** Seconds. */
const LONGEST_LIFE = 600
const CLOCK_TOLERANCE = 60
const KEYS_LIFETIME = 300

const keySet = z.object({ keys: z.array(z.record(z.string(), z.unknown())).max(20) })

export interface AssertionKeys { jwks?: { keys: Array<Record<string, unknown>> }, jwksUri?: string }

export interface AssertionHouse {
  /** What `aud` may be: the issuer or the token endpoint. */
  audience: string[]
  used: Collection<{ used: true }>
  keys: Collection<{ keys: Array<Record<string, unknown>> }>
  insecureHosts: readonly string[]
  now: Clock
}

/** @throws invalid_client for an assertion that is not this client's, not for us, too old, too long-lived, or seen before. */
export async function checkAssertion (assertion: string, clientId: string, keys: AssertionKeys, house: AssertionHouse): Promise<void> {
  const payload = await verify(assertion, clientId, keys, house)
  const { exp, jti } = payload
  const now = house.now()
  if (exp === undefined || exp - now > LONGEST_LIFE + CLOCK_TOLERANCE) throw refuse(`exp must be at most ${LONGEST_LIFE} seconds away`)
  if (jti === undefined) throw refuse('jti is missing')
  // Kept until the assertion itself is over: it counts once.
  if (!await house.used.create(hashSecret(JSON.stringify([clientId, jti])), { used: true }, exp - now + 2 * CLOCK_TOLERANCE)) throw refuse('it was used before')
}

async function verify (assertion: string, clientId: string, keys: AssertionKeys, house: AssertionHouse): Promise<JWTPayload> {
  const { createLocalJWKSet, errors, jwtVerify } = await import('jose')
  const options = { issuer: clientId, subject: clientId, audience: house.audience, algorithms: assertionAlgorithms, clockTolerance: CLOCK_TOLERANCE, currentDate: new Date(house.now() * 1000) }
  try {
    return (await jwtVerify(assertion, createLocalJWKSet(await findKeys(keys, house, false) as unknown as JSONWebKeySet), options)).payload
  } catch (error) {
    if (!(error instanceof errors.JWKSNoMatchingKey) || keys.jwksUri === undefined) throw error instanceof errors.JOSEError ? refuse(error.code) : error
  }
  try {
    // The client may have changed its keys since they were read.
    return (await jwtVerify(assertion, createLocalJWKSet(await findKeys(keys, house, true) as unknown as JSONWebKeySet), options)).payload
  } catch (error) {
    throw error instanceof errors.JOSEError ? refuse(error.code) : error
  }
}

async function findKeys ({ jwks, jwksUri }: AssertionKeys, house: AssertionHouse, anew: boolean): Promise<{ keys: Array<Record<string, unknown>> }> {
  if (jwks) return jwks
  if (jwksUri === undefined || !URL.canParse(jwksUri)) throw refuse('the client names no keys')
  const id = hashSecret(jwksUri)
  const known = anew ? undefined : await house.keys.find(id)
  if (known) return known
  try {
    const fetched = keySet.safeParse((await fetchDocument(new URL(jwksUri), house.insecureHosts)).body)
    if (!fetched.success) throw refuse('the client\'s key set is malformed')
    await house.keys.put(id, fetched.data, KEYS_LIFETIME)
    return fetched.data
  } catch (error) {
    throw error instanceof FetchRefused ? refuse(`the client's key set: ${error.message}`) : error
  }
}

const refuse = (reason: string) => invalidClient(`the client assertion was not accepted: ${reason}`)
