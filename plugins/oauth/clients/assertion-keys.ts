// The public keys of a client that signs its assertions: read by a schema before any cryptography sees them, fetched
// through the gate, and good for a day while their host is away (RFC 7517; RFC 7523 §3).
import type { FastifyRequest } from 'fastify'
import type { JWK } from 'jose'
import { z } from 'zod'
import type { Clock } from '../../../clock.ts'
import type { Collection } from '../../storage/contract.ts'
import { hashSecret } from '../../secrets.ts'
import type { FetchGate } from './fetch-gate.ts'
import { FetchRefused } from './safe-fetch.ts'

const FRESH_SECONDS = 300
/** A set that was read within this long is not read again, whatever key an assertion names. */
const MIN_REFETCH_SECONDS = 30
const STALE_LIFETIME_SECONDS = 86_400
const MAX_KEYS = 20

const text = (min: number, max: number) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/)
    .min(min)
    .max(max)
const common = {
  kid: z.string().max(200).optional(),
  use: z.string().max(20).optional(),
  alg: z.string().max(20).optional(),
  key_ops: z.array(z.string().max(20)).max(10).optional()
}
/** The members that are public, in the sizes that are used: 2048 to 4096 bits of modulus, a small exponent. */
const jwk = z.discriminatedUnion('kty', [
  z.object({ kty: z.literal('RSA'), n: text(342, 683), e: text(1, 8), ...common }),
  z.object({ kty: z.literal('EC'), crv: z.enum(['P-256', 'P-384']), x: text(43, 64), y: text(43, 64), ...common }),
  z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: text(43, 43), ...common })
])
const keySet = z.object({ keys: z.array(z.unknown()).max(MAX_KEYS) })

export interface AssertionKeys {
  jwks?: { keys: unknown[] }
  jwksUri?: string
}
export interface KeptKeys {
  keys: JWK[]
  /** Seconds since the epoch. */
  fetchedAt?: number
}

interface Options {
  store: Collection<KeptKeys>
  gate: FetchGate
  now: Clock
}

export interface KeyRing {
  /**
   * @param again the keys at hand have no fitting one: the client may have changed them.
   * @throws FetchRefused when there are none.
   */
  find(keys: AssertionKeys, request: FastifyRequest, again: boolean): Promise<JWK[]>
}

export function createKeyRing ({ store, gate, now }: Options): KeyRing {
  return {
    async find ({ jwks, jwksUri }, request, again) {
      if (jwks) return readKeys(jwks.keys)
      const url = jwksUri === undefined ? null : URL.parse(jwksUri)
      if (!url) throw new FetchRefused('the client names no keys')
      const id = hashSecret(url.href)
      const kept = await store.find(id)
      const age = kept ? now() - (kept.fetchedAt ?? 0) : Infinity
      if (kept && age < (again ? MIN_REFETCH_SECONDS : FRESH_SECONDS)) return readKeys(kept.keys)
      try {
        const { value: keys } = await gate.fetch({ url, kind: 'keys', lane: 'known', request, read: readKeySet })
        await store.put(id, { keys, fetchedAt: now() }, STALE_LIFETIME_SECONDS)
        return keys
      } catch (error) {
        if (kept && error instanceof FetchRefused) return readKeys(kept.keys)
        throw error
      }
    }
  }
}

function readKeySet (body: unknown): JWK[] {
  const parsed = keySet.safeParse(body)
  if (!parsed.success) throw new FetchRefused("the client's key set is malformed")
  return readKeys(parsed.data.keys)
}

/** The keys that a signature can be checked with. A set may hold others, for other uses: they are left out. */
const readKeys = (keys: unknown[]): JWK[] =>
  keys.flatMap((key) => {
    const { data } = jwk.safeParse(key)
    return data ? [data as JWK] : []
  })
