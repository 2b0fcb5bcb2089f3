// private_key_jwt: a client proves itself with a signature under a key that its metadata document names (RFC 7523 §3,
// RFC 7521 §4.2).
import type { FastifyRequest } from 'fastify'
import type { JSONWebKeySet, JWK, JWTPayload } from 'jose'
import { z } from 'zod'
import type { Clock } from '../../../clock.ts'
import { invalidClient } from '../../../errors.ts'
import type { Collection } from '../../storage/contract.ts'
import { hashSecret } from '../../secrets.ts'
import type { AssertionKeys, KeyRing } from './assertion-keys.ts'
import { FetchRefused } from './safe-fetch.ts'

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
/** Signatures only: a shared key would make the public document a secret. */
export const assertionAlgorithms = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA']
const MAX_LIFETIME_SECONDS = 600
const CLOCK_TOLERANCE_SECONDS = 60

/** Of an assertion nothing is verified of: only to know whose keys to verify with. */
const unverified = z.object({ sub: z.string().min(1).max(512) })
/** What has to be in a verified one, besides what jose checks. */
const claims = z.object({ exp: z.number(), jti: z.string().min(1).max(512) })

export interface AssertionHouse {
  /** What `aud` may be: the issuer or the token endpoint. */
  audience: string[]
  used: Collection<{ used: true }>
  keys: KeyRing
  now: Clock
}

/** @returns undefined for what is no JWT with a subject. Nothing of it is to be believed. */
export async function subjectOf (assertion: string): Promise<string | undefined> {
  const { decodeJwt } = await import('jose')
  try {
    return unverified.safeParse(decodeJwt(assertion)).data?.sub
  } catch {
    return undefined
  }
}

/**
 * @throws invalid_client for an assertion that is not this client's, not for us, too old, too long-lived, or seen
 * before.
 */
export async function checkAssertion (
  assertion: string,
  clientId: string,
  keys: AssertionKeys,
  house: AssertionHouse,
  request: FastifyRequest
): Promise<void> {
  const now = house.now()
  const { success, data } = claims.safeParse(await verify(assertion, clientId, keys, house, request))
  if (!success || data.exp - now > MAX_LIFETIME_SECONDS + CLOCK_TOLERANCE_SECONDS) {
    throw refuse(`it needs a jti, and an exp at most ${MAX_LIFETIME_SECONDS} seconds away`)
  }
  // Kept until the assertion itself has expired: it counts once.
  const id = hashSecret(JSON.stringify([clientId, data.jti]))
  if (!(await house.used.create(id, { used: true }, data.exp - now + 2 * CLOCK_TOLERANCE_SECONDS))) { throw refuse('it was used before') }
}

async function verify (
  assertion: string,
  clientId: string,
  keys: AssertionKeys,
  house: AssertionHouse,
  request: FastifyRequest
): Promise<JWTPayload> {
  const { createLocalJWKSet, errors, jwtVerify } = await import('jose')
  const options = {
    issuer: clientId,
    subject: clientId,
    audience: house.audience,
    algorithms: assertionAlgorithms,
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    currentDate: new Date(house.now() * 1000)
  }
  /** Whatever is thrown while theirs is read, imported and verified is a fault of theirs. */
  const check = (found: JWK[]) =>
    jwtVerify(assertion, createLocalJWKSet({ keys: found } as JSONWebKeySet), options).then(
      ({ payload }) => ({ payload }),
      (error: unknown) => ({ error })
    )
  const first = await check(await findKeys(keys, house, request, false))
  if ('payload' in first) return first.payload
  // The client may have changed its keys since they were read.
  const mayHaveChanged = first.error instanceof errors.JWKSNoMatchingKey && keys.jwksUri !== undefined
  const second = mayHaveChanged ? await check(await findKeys(keys, house, request, true)) : first
  if ('payload' in second) return second.payload
  throw refuse(second.error instanceof errors.JOSEError ? second.error.code : 'its key cannot be used')
}

async function findKeys (
  keys: AssertionKeys,
  { keys: ring }: AssertionHouse,
  request: FastifyRequest,
  again: boolean
): Promise<JWK[]> {
  try {
    return await ring.find(keys, request, again)
  } catch (error) {
    throw error instanceof FetchRefused ? refuse(`the client's key set: ${error.message}`) : error
  }
}

const refuse = (reason: string) => invalidClient(`the client assertion was not accepted: ${reason}`)
