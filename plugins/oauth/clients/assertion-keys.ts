// The public keys of a client that signs its assertions: validated before any cryptography sees them, fetched through
// the gate, and usable for a day while their host is unavailable (RFC 7517; RFC 7523 §3).
import type { FastifyRequest } from 'fastify'
import type { JWK } from 'jose'
import { z } from 'zod'
import type { Clock } from '../../../clock.ts'
import { OAuthError } from '../../../errors.ts'
import { hashSecret } from '../../secrets.ts'
import type { Collection } from '../../storage/contract.ts'
import type { FindHolder } from '../grants/contract.ts'
import type { FetchGate, Lane } from './fetch-gate.ts'
import { createRecent } from './recent.ts'
import { FetchRefused } from './safe-fetch.ts'
import { isRecent } from '../../is-recent.ts'

const FRESH_SECONDS = 300
/** A set is not fetched again within this time, even for an unknown key. */
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
/** Public members only, in the sizes in use: a modulus of 2048 to 4096 bits, a small exponent. */
const jwk = z.discriminatedUnion('kty', [
  z.object({ kty: z.literal('RSA'), n: text(342, 683), e: text(1, 8), ...common }),
  z.object({ kty: z.literal('EC'), crv: z.enum(['P-256', 'P-384']), x: text(43, 64), y: text(43, 64), ...common }),
  z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: text(43, 43), ...common })
])
const keySet = z.object({ keys: z.array(z.unknown()).max(MAX_KEYS) })

/** Where the keys of a client are: in its metadata document, or at an address that the document names. */
export interface AssertionKeys {
  jwks?: { keys: unknown[] }
  jwksUri?: string
  /**
   * Whether a person has allowed the app, the operator has written it into
   * CLIENTS, or a code or token of its was shown. Nothing of others is stored.
   */
  isAllowed: boolean
}
/** One for each client: a document may name another address at each look. */
export interface KeptKeys {
  /** Where they were. Absent in those of earlier versions, which had one for each address. */
  url?: string
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
   * @param again none of the keys at hand fits: the client may have changed them.
   * @param client its id names its host; for a request that shows nothing of it, keys are fetched as a stranger's.
   * @throws FetchRefused when there are none; too_many_requests for a stranger.
   */
  find(
    client: { id: string; keys: AssertionKeys; findHolder: FindHolder },
    request: FastifyRequest,
    again: boolean
  ): Promise<JWK[]>
  /** Nobody uses the client any more. @param key the hash of its id. */
  forget(key: string): Promise<void>
}

export function createKeyRing ({ store, gate, now }: Options): KeyRing {
  const recent = createRecent<KeptKeys>(now)
  return {
    async find ({ id: clientId, keys: { jwks, jwksUri, isAllowed }, findHolder }, request, again) {
      if (jwks) return readKeys(jwks.keys)
      const url = jwksUri === undefined ? null : URL.parse(jwksUri)
      if (!url) throw new FetchRefused('the client names no keys')
      const id = hashSecret(clientId)
      const own = await store.find(id)
      const copy = own?.url === url.href ? own : recent.find(url.href)
      const kept = again ? MIN_REFETCH_SECONDS : FRESH_SECONDS
      if (copy && isRecent(copy.fetchedAt ?? 0, kept, now())) return readKeys(copy.keys)
      try {
        const person = await findHolder()
        const lane = person === undefined ? 'stranger' : laneOf(url, clientId)
        const { value: keys } = await gate.fetch({
          url,
          kind: 'keys',
          lane,
          person,
          request,
          read: readKeySet
        })
        const fetched = { url: url.href, keys, fetchedAt: now() }
        if (isAllowed) await store.put(id, fetched, STALE_LIFETIME_SECONDS)
        else recent.add(url.href, fetched)
        return keys
      } catch (error) {
        if (copy && (error instanceof FetchRefused || error instanceof OAuthError)) return readKeys(copy.keys)
        throw error
      }
    },
    forget: (key) => store.delete(key)
  }
}

/** Keys at another host than the app's own leave that host's app its share of fetches. */
const laneOf = ({ host }: URL, clientId: string): Lane =>
  URL.parse(clientId)?.host === host ? 'known' : 'known elsewhere'

function readKeySet (body: unknown): JWK[] {
  const parsed = keySet.safeParse(body)
  if (!parsed.success) throw new FetchRefused("the client's key set is malformed")
  return readKeys(parsed.data.keys)
}

/** The keys that can verify a signature. A set may hold others, for other uses: they are left out. */
export const readKeys = (keys: unknown[]): JWK[] =>
  keys.flatMap((key) => {
    const { data } = jwk.safeParse(key)
    return data ? [data as JWK] : []
  })
