// What a handle is: a sealed sign-in, so that asking for a page leaves nothing on the server; or, once a backend has
// answered, the name of one of a fixed number of places where a sealed one is stored (threats LG-07..09, ST-01).
import { randomInt } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import { invalidRequest } from '../../errors.ts'
import { equalSecrets, hashSecret, placeAmong, randomSecret } from '../secrets.ts'
import type { Interaction } from './contract.ts'

/** Seconds a person has to get from one page to the next. */
export const HANDLE_LIFETIME_SECONDS = 600
/** And until all that waits has been decided and shown, whatever pages there are (`waitingSince`). */
export const WAITING_LIFETIME_SECONDS = 1_800
/**
 * A handle travels in URLs and their `Referer`: two of this length fit into the request head
 * that proxies accept.
 */
const MAX_HANDLE_CHARS = 6_000
const MAX_STORED_CHARS = 16_000
/**
 * Sign-ins that are stored at the same time, 128 MB at most; beyond this number they replace
 * each other.
 */
const PLACES = 8_192
/** Of these, where requests of one site are stored: a holder of many networks does not replace the sign-ins of all. */
const PLACES_OF_SITE = 1_024
const PLACE_TRIES = 4
/** Spent handles that are remembered, 8 MB at most; beyond this number the newer take the place of older ones. */
const MARKS = 65_536
/**
 * Longer sign-ins are compressed: a handle of 4 KB would be too long for the headers that some
 * proxies accept.
 */
const COMPRESSED_FROM_BYTES = 1_024
/**
 * How far the clocks of two instances may differ without a spent handle working again.
 */
const CLOCK_SKEW_SECONDS = 60
const PURPOSE = 'sign-in under way'
const STORED_HANDLE = /^(\d{1,4})\.([\w-]{43})$/

interface Sealed {
  id: string
  endsAt: number
  interaction: Interaction
}
interface StoredHandle {
  id: string
  sealed: string
}

export interface Handles {
  /**
   * @returns a handle that holds the interaction. @throws invalid_request when it would be too
   * long.
   */
  seal(interaction: Interaction): string
  /**
   * @param site where the request comes from, as `siteOf` has it.
   * @returns a handle for {@link store}, short enough to pass through the site of a provider.
   */
  choosePlace(site: string): Promise<string>
  /**
   * Stores the interaction under a handle of {@link choosePlace}. @throws invalid_request when
   * it is too long.
   */
  store(handle: string, interaction: Interaction): Promise<void>
  /** @returns undefined for a handle that was made up, is spent or has expired. */
  find(handle: string): Promise<Interaction | undefined>
  /**
   * Of any number of callers, on any instance, one gets `true`. @param handle one that {@link
   * find} knows.
   */
  spend(handle: string): Promise<boolean>
}

export function createHandles (
  { storage, sealing, now }: Pick<FastifyInstance, 'storage' | 'sealing' | 'now'>,
  marks = MARKS
): Handles {
  const stored = storage.collection<StoredHandle>('interaction')
  const spent = createMarks({ storage, sealing, now }, marks)

  function seal (interaction: Interaction, maxChars: number): string {
    const { waitingSince = Infinity } = interaction
    const endsAt = Math.min(now() + HANDLE_LIFETIME_SECONDS, waitingSince + WAITING_LIFETIME_SECONDS)
    const content: Sealed = { id: randomSecret(16), endsAt, interaction }
    const sealed = sealing.seal(PURPOSE, pack(JSON.stringify(content)))
    if (sealed.length > maxChars) {
      throw invalidRequest({ key: 'sign-in.requestTooLong' })
    }
    return sealed
  }
  function unseal (sealed: string, maxChars: number): Sealed | undefined {
    const packed = sealed.length <= maxChars ? sealing.unseal(PURPOSE, sealed) : undefined
    const content = packed && (JSON.parse(unpack(packed)) as Sealed)
    return content && content.endsAt > now() ? content : undefined
  }
  const isIn = (id: string, record: StoredHandle | undefined): record is StoredHandle =>
    record !== undefined && equalSecrets(record.id, id)

  return {
    seal: (interaction) => seal(interaction, MAX_HANDLE_CHARS),
    async choosePlace (site) {
      const first = placeAmong(sealing, 'sign-in places', site, PLACES)
      let place = ''
      for (let tries = 0; tries < PLACE_TRIES; tries++) {
        place = String((first + randomInt(PLACES_OF_SITE)) % PLACES)
        if ((await stored.find(place)) === undefined) break
      }
      return `${place}.${randomSecret()}`
    },
    async store (handle, interaction) {
      const { place, id } = parseStored(handle)!
      await stored.put(place, { id, sealed: seal(interaction, MAX_STORED_CHARS) }, HANDLE_LIFETIME_SECONDS)
    },
    async find (handle) {
      const at = parseStored(handle)
      if (at) {
        const record = await stored.find(at.place)
        return isIn(at.id, record) ? unseal(record.sealed, MAX_STORED_CHARS)?.interaction : undefined
      }
      const content = unseal(handle, MAX_HANDLE_CHARS)
      return content && !(await spent.has(content)) ? content.interaction : undefined
    },
    async spend (handle) {
      const at = parseStored(handle)
      if (at) {
        return stored.update<boolean>(at.place, (record) =>
          isIn(at.id, record) ? { remove: true, result: true } : { result: false }
        )
      }
      const content = unseal(handle, MAX_HANDLE_CHARS)
      return content !== undefined && spent.add(content)
    }
  }
}

/** Which sealed handles are spent: a mark for each, in a fixed number of places. */
function createMarks (
  { storage, sealing, now }: Pick<FastifyInstance, 'storage' | 'sealing' | 'now'>,
  count: number
) {
  const marks = storage.collection<{ id: string }>('spentHandle')
  const placeOf = (id: string) => String(placeAmong(sealing, 'spent handles', id, count))
  return {
    has: async ({ id }: Sealed): Promise<boolean> => (await marks.find(placeOf(id)))?.id === id,
    /** @returns false where it is spent already. */
    add: ({ id, endsAt }: Sealed): Promise<boolean> =>
      marks.update<boolean>(placeOf(id), (found) =>
        found?.id === id
          ? { result: false }
          : { write: { record: { id }, ttl: endsAt - now() + CLOCK_SKEW_SECONDS }, result: true }
      )
  }
}

/** @returns the place, and the hash that says who may use it now. */
function parseStored (handle: string): { place: string; id: string } | undefined {
  const [, place, secret] = STORED_HANDLE.exec(handle) ?? []
  return secret === undefined ? undefined : { place: place!, id: hashSecret(secret) }
}

/** The first byte says whether the rest is compressed. */
function pack (text: string): Buffer {
  const bytes = Buffer.from(text)
  const isLong = bytes.length >= COMPRESSED_FROM_BYTES
  return Buffer.concat([Buffer.of(isLong ? 1 : 0), isLong ? deflateRawSync(bytes) : bytes])
}

/** The seal was valid, so {@link pack} made it. */
function unpack (packed: Buffer): string {
  const bytes = packed.subarray(1)
  return (packed[0] === 1 ? inflateRawSync(bytes) : bytes).toString()
}
