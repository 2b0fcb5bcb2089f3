// What a handle is: a sign-in that is sealed into it, so that asking for a page leaves nothing on the server; or, for
// what a backend has said, one of a fixed number of places where a sealed one is kept (threats LG-07..09, ST-01).
import { randomInt } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import { invalidRequest } from '../../errors.ts'
import { equalSecrets, hashSecret, randomSecret } from '../secrets.ts'
import type { Interaction } from './contract.ts'

/** Seconds a person has to get from one page to the next. */
export const HANDLE_LIFETIME_SECONDS = 600
/**
 * A handle travels in URLs and their `Referer`: two of this length are well below what servers and proxies take as a
 * request's head.
 */
const MAX_HANDLE_CHARS = 6_000
const MAX_KEPT_CHARS = 16_000
/**
 * Sign-ins that are kept at the same time. All of them take 128 MB at most; beyond this number they replace each other.
 */
const PLACES = 8_192
const PLACE_TRIES = 4
/**
 * Longer sign-ins are compressed: `state` is mostly base64, and a handle of 4 KB would be too long for the headers that
 * some proxies take.
 */
const COMPRESSED_FROM_BYTES = 1_024
/** Seconds that the clocks of two instances may differ without a spent handle working again. */
const CLOCK_SKEW_SECONDS = 60
const PURPOSE = 'sign-in under way'
const KEPT_HANDLE = /^(\d{1,4})\.([\w-]{43})$/

interface Sealed {
  id: string
  endsAt: number
  interaction: Interaction
}
interface Kept {
  id: string
  sealed: string
}

export interface Handles {
  /** @returns a handle that holds the interaction. @throws invalid_request when it would be too long. */
  seal(interaction: Interaction): string
  /** @returns a handle for {@link keep}, short enough to pass through the site of a provider. */
  choosePlace(): Promise<string>
  /** Stores the interaction under a handle of {@link choosePlace}. @throws invalid_request when it is too long. */
  keep(handle: string, interaction: Interaction): Promise<void>
  /** @returns undefined for a handle that was made up, is spent or has expired. */
  find(handle: string): Promise<Interaction | undefined>
  /** Of any number of callers, on any instance, one gets `true`. @param handle one that {@link find} knows. */
  spend(handle: string): Promise<boolean>
}

export function createHandles ({
  storage,
  sealing,
  now
}: Pick<FastifyInstance, 'storage' | 'sealing' | 'now'>): Handles {
  const kept = storage.collection<Kept>('interaction')
  const spent = storage.collection<object>('spentHandle')

  function seal (interaction: Interaction, maxChars: number): string {
    const content: Sealed = { id: randomSecret(16), endsAt: now() + HANDLE_LIFETIME_SECONDS, interaction }
    const sealed = sealing.seal(PURPOSE, pack(JSON.stringify(content)))
    if (sealed.length > maxChars) {
      throw invalidRequest(
        'What the app asked for is too long to be carried through the sign-in. A shorter state, nonce or redirect_uri helps.'
      )
    }
    return sealed
  }
  function unseal (sealed: string, maxChars: number): Sealed | undefined {
    const packed = sealed.length <= maxChars ? sealing.unseal(PURPOSE, sealed) : undefined
    const content = packed && (JSON.parse(unpack(packed)) as Sealed)
    return content && content.endsAt > now() ? content : undefined
  }
  const isIn = (id: string, record: Kept | undefined): record is Kept =>
    record !== undefined && equalSecrets(record.id, id)

  return {
    seal: (interaction) => seal(interaction, MAX_HANDLE_CHARS),
    async choosePlace () {
      let place = ''
      for (let tries = 0; tries < PLACE_TRIES; tries++) {
        place = String(randomInt(PLACES))
        if ((await kept.find(place)) === undefined) break
      }
      return `${place}.${randomSecret()}`
    },
    async keep (handle, interaction) {
      const { place, id } = readKept(handle)!
      await kept.put(place, { id, sealed: seal(interaction, MAX_KEPT_CHARS) }, HANDLE_LIFETIME_SECONDS)
    },
    async find (handle) {
      const at = readKept(handle)
      if (at) {
        const record = await kept.find(at.place)
        return isIn(at.id, record) ? unseal(record.sealed, MAX_KEPT_CHARS)?.interaction : undefined
      }
      const content = unseal(handle, MAX_HANDLE_CHARS)
      return content && (await spent.find(content.id)) === undefined ? content.interaction : undefined
    },
    async spend (handle) {
      const at = readKept(handle)
      if (at) {
        return kept.update<boolean>(at.place, (record) =>
          isIn(at.id, record) ? { remove: true, result: true } : { result: false }
        )
      }
      const content = unseal(handle, MAX_HANDLE_CHARS)
      return content !== undefined && (await spent.create(content.id, {}, content.endsAt - now() + CLOCK_SKEW_SECONDS))
    }
  }
}

/** The place, and the hash that says whose turn it is there. */
function readKept (handle: string): { place: string; id: string } | undefined {
  const [, place, secret] = KEPT_HANDLE.exec(handle) ?? []
  return secret === undefined ? undefined : { place: place!, id: hashSecret(secret) }
}

/** The first byte says whether the rest is compressed. */
function pack (text: string): Buffer {
  const bytes = Buffer.from(text)
  const isLong = bytes.length >= COMPRESSED_FROM_BYTES
  return Buffer.concat([Buffer.of(isLong ? 1 : 0), isLong ? deflateRawSync(bytes) : bytes])
}

/** Only what {@link pack} has made gets here: the seal was good. */
function unpack (packed: Buffer): string {
  const bytes = packed.subarray(1)
  return (packed[0] === 1 ? inflateRawSync(bytes) : bytes).toString()
}
