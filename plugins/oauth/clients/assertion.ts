// private_key_jwt: a client proves itself with a signature under a key that its
// metadata document or CLIENTS names (RFC 7523 §3, RFC 7521 §4.2).
import type { FastifyRequest } from 'fastify'
import type { JSONWebKeySet, JWK, JWTPayload } from 'jose'
import { z } from 'zod'
import type { Clock } from '../../../clock.ts'
import { invalidClient } from '../../../errors.ts'
import type { Limits } from '../../limits/rate-limits.ts'
import type { Collection } from '../../storage/contract.ts'
import { hashSecret } from '../../secrets.ts'
import type { FindHolder } from '../grants/contract.ts'
import type { AssertionKeys, KeyRing } from './assertion-keys.ts'
import { FetchRefused } from './safe-fetch.ts'

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
/** Public-key signatures only: a metadata document is public, so it cannot hold a shared key. */
export const assertionAlgorithms = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA']
const MAX_LIFETIME_SECONDS = 600
const CLOCK_TOLERANCE_SECONDS = 60

/** The claim of an unverified assertion that is read: whose keys to verify it with. */
const unverified = z.object({ sub: z.string().min(1).max(512) })
/** What a verified assertion must hold besides what jose checks. */
const claims = z.object({ exp: z.number(), jti: z.string().min(1).max(512) })

export interface AssertionOptions {
  /** What `aud` may be: the issuer or the token endpoint. */
  audience: string[]
  /** Ids of assertions that were used. */
  used: Collection<{ used: true }>
  keys: KeyRing
  limits: Pick<Limits, 'checkShare'>
  now: Clock
}

/** The client an assertion claims to be from. */
interface Claimant {
  id: string
  keys: AssertionKeys
  findHolder: FindHolder
}

/** @returns the unverified subject; undefined for anything but a JWT with one. */
export async function subjectOf (assertion: string): Promise<string | undefined> {
  const { decodeJwt } = await import('jose')
  try {
    return unverified.safeParse(decodeJwt(assertion)).data?.sub
  } catch {
    return undefined
  }
}

/**
 * @throws invalid_client for an assertion that is not this client's, not for this server, too old, too long-lived, or
 * used before.
 */
export async function checkAssertion (
  assertion: string,
  client: Claimant,
  options: AssertionOptions,
  request: FastifyRequest
): Promise<void> {
  const now = options.now()
  const { success, data } = claims.safeParse(await verify(assertion, client, options, request))
  if (!success || data.exp - now > MAX_LIFETIME_SECONDS + CLOCK_TOLERANCE_SECONDS) {
    throw refuse(`it needs a jti, and an exp at most ${MAX_LIFETIME_SECONDS} seconds away`)
  }
  const id = hashSecret(JSON.stringify([client.id, data.jti]))
  // Remembered until it has expired: it counts once. A request without a code or token of this client changes nothing,
  // even with a valid assertion, so it leaves no record.
  const holder = await client.findHolder()
  if (holder === undefined) {
    if ((await options.used.find(id)) !== undefined) throw refuse('it was used before')
    return
  }
  // Of the person as well: whoever has allowed two hundred apps of their own would have as many shares.
  const counts = [client.id, `of ${holder}`].map((owner) => options.limits.checkShare('assertion', owner, request))
  const isNew = await options.used.create(id, { used: true }, data.exp - now + 2 * CLOCK_TOLERANCE_SECONDS)
  if (!isNew) throw refuse('it was used before')
  for (const count of counts) count()
}

async function verify (
  assertion: string,
  client: Claimant,
  options: AssertionOptions,
  request: FastifyRequest
): Promise<JWTPayload> {
  const { createLocalJWKSet, errors, jwtVerify } = await import('jose')
  const expected = {
    issuer: client.id,
    subject: client.id,
    audience: options.audience,
    algorithms: assertionAlgorithms,
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    currentDate: new Date(options.now() * 1000)
  }
  /** Any error while a client's keys are read, imported and used is the client's fault. */
  const check = (found: JWK[]) =>
    jwtVerify(assertion, createLocalJWKSet({ keys: found } as JSONWebKeySet), expected).then(
      ({ payload }) => ({ payload }),
      (error: unknown) => ({ error })
    )
  const first = await check(await findKeys(client, options, request, false))
  if ('payload' in first) return first.payload
  // The client may have changed its keys since they were fetched.
  const mayHaveChanged = first.error instanceof errors.JWKSNoMatchingKey && client.keys.jwksUri !== undefined
  const second = mayHaveChanged ? await check(await findKeys(client, options, request, true)) : first
  if ('payload' in second) return second.payload
  throw refuse(second.error instanceof errors.JOSEError ? second.error.code : 'its key cannot be used')
}

async function findKeys (
  client: Claimant,
  { keys: ring }: AssertionOptions,
  request: FastifyRequest,
  again: boolean
): Promise<JWK[]> {
  try {
    return await ring.find(client, request, again)
  } catch (error) {
    throw error instanceof FetchRefused ? refuse(`the client's key set: ${error.message}`) : error
  }
}

const refuse = (reason: string) => invalidClient(`the client assertion was not accepted: ${reason}`)
