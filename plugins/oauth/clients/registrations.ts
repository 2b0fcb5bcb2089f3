// Keeps the clients that registered: under ids that only this server can have given out, for a day until somebody uses
// them, and no more unused ones than have room (RFC 7591 §3.2.1, §5).
import type { Clock } from '../../../clock.ts'
import type { Collection } from '../../storage/contract.ts'
import { hashSecret, randomSecret, type Sealing } from '../../secrets.ts'
import { toDisplayName } from '../../display-name.ts'
import type { Client } from './contract.ts'
import { matchesRedirectUri } from './redirect-uris.ts'
import type { ClientMetadata } from './registration.ts'

/** A registration that nobody used is forgotten after this long, or earlier when its place is needed. */
const UNUSED_LIFETIME_SECONDS = 86_400
/** One that was used is kept this long beyond its last grant. */
const KEPT_AFTER_GRANT_SECONDS = 90 * 86_400
/** Saves a write at each refresh and each registration. */
const SLACK_SECONDS = 3_600

/**
 * An address has its place in one list; so this bounds what one address can register, and the two together what all
 * can.
 */
export const UNUSED_BOUNDS = { lists: 64, perList: 64 } as const

const MAC_PURPOSE = 'client id'
const MAC_CHARACTERS = 22 // 128 bits and more, base64url
const RANDOM_BYTES = 9
const SUFFIX_CHARACTERS = (RANDOM_BYTES / 3) * 4 + MAC_CHARACTERS
/** What earlier versions added to the id of a shared record: nothing shows whether such an id was given out. */
const OLD_SUFFIX = /^[\w-]{16}$/

/** What is stored: of one client with a secret, or of all without one that said the same. */
export interface StoredClient {
  secretHash?: string
  /** Seconds since the epoch: the record is kept at least until then, unless it is unused and its place is needed. */
  keptUntil: number
  /** Whether somebody has connected with it. */
  used?: true
  /** Numbers of the lists of unused registrations that it stands on. Absent for those of earlier versions. */
  lists?: number[]
  metadata: ClientMetadata
}

/**
 * Unused registrations of some addresses by the key of their record, oldest first, each with the second at which it was
 * made.
 */
export interface UnusedList {
  made: Array<[key: string, at: number]>
}

/** What a client that registers is told. */
export interface RegisteredClient {
  id: string
  /** Seconds since the epoch. */
  registeredAt: number
  metadata: ClientMetadata
  /** Shown once; kept only as a hash. */
  secret?: string
}

export interface Registrations {
  /** @param isHeld whether a token of this client was shown: an id that is in a grant was given out. */
  find(id: string, isHeld?: () => Promise<boolean>): Promise<Client | undefined>
  /**
   * @param address where it comes from: what one address registers pushes out nobody else's, but for those who share
   * its list.
   */
  add(metadata: ClientMetadata, address: string): Promise<RegisteredClient>
  /**
   * Somebody has connected: it stays for as long as a grant of its can live, since forgetting it would strand the app
   * that holds the id.
   */
  keep(client: Client, until: number): Promise<void>
}

interface Options {
  store: Collection<StoredClient>
  unused: Collection<UnusedList>
  sealing: Sealing
  now: Clock
}

export function createRegistrations ({ store, unused, sealing, now }: Options): Registrations {
  const ids = createIds(sealing)
  const listOf = (address: string) =>
    Buffer.from(sealing.mac('unused registrations', address), 'base64url').readUInt16BE() % UNUSED_BOUNDS.lists

  /** Gives up the place on one list; the record goes with its last one, unless somebody uses it by now. */
  const giveUp = (key: string, list: number) =>
    store.update<void>(key, (found) => {
      if (!found || found.used || found.lists === undefined) return { result: undefined }
      const lists = found.lists.filter((other) => other !== list)
      if (lists.length === 0) return { remove: true, result: undefined }
      return { write: { record: { ...found, lists }, ttl: Math.max(1, found.keptUntil - now()) }, result: undefined }
    })

  /** Before the record is written: one that is listed and was never made does no harm. */
  async function takePlace (key: string, list: number): Promise<void> {
    const pushedOut = await unused.update<string[]>(String(list), (found) => {
      const others = (found?.made ?? []).filter(([other, at]) => other !== key && at + UNUSED_LIFETIME_SECONDS > now())
      const made: UnusedList['made'] = [...others, [key, Math.floor(now())]]
      const tooMany = Math.max(0, made.length - UNUSED_BOUNDS.perList)
      return {
        write: { record: { made: made.slice(tooMany) }, ttl: UNUSED_LIFETIME_SECONDS },
        result: made.slice(0, tooMany).map(([other]) => other)
      }
    })
    for (const other of pushedOut) await giveUp(other, list)
  }

  return {
    async find (id, isHeld = async () => false) {
      const key = keyOf(id)
      const found = await store.find(key)
      if (!found || (found.secretHash === undefined) !== id.includes('.')) return undefined
      const wasGivenOut =
        found.secretHash !== undefined ||
        (found.lists === undefined ? OLD_SUFFIX.test(id.slice(key.length + 1)) : ids.check(id))
      return wasGivenOut || (await isHeld()) ? toClient(id, found) : undefined
    },
    async add (metadata, address) {
      const secret = metadata.token_endpoint_auth_method === 'none' ? undefined : `mcp_cs_${randomSecret()}`
      const id = secret === undefined ? ids.shared(metadata) : `mcp_client_${randomSecret(16)}`
      const registeredAt = Math.floor(now())
      const keptUntil = registeredAt + UNUSED_LIFETIME_SECONDS
      const list = listOf(address)
      await takePlace(keyOf(id), list)
      await store.update<void>(keyOf(id), (found) => {
        if (found?.used || (found && found.keptUntil >= keptUntil - SLACK_SECONDS && found.lists?.includes(list))) { return { result: undefined } }
        const lists = [...new Set([...(found?.lists ?? []), list])]
        return {
          write: {
            record: { ...(secret !== undefined && { secretHash: hashSecret(secret) }), keptUntil, lists, metadata },
            ttl: UNUSED_LIFETIME_SECONDS
          },
          result: undefined
        }
      })
      return { id, registeredAt, metadata, ...(secret !== undefined && { secret }) }
    },
    async keep ({ id, keptUntil: known }, until) {
      const keptUntil = until + KEPT_AFTER_GRANT_SECONDS
      if (known === undefined || known >= keptUntil - 24 * SLACK_SECONDS) return
      await store.update<void>(keyOf(id), (found) => {
        if (!found || (found.used && found.keptUntil >= keptUntil - SLACK_SECONDS)) return { result: undefined }
        return { write: { record: { ...found, used: true, keptUntil }, ttl: keptUntil - now() }, result: undefined }
      })
    }
  }
}

/** The record an id belongs to. */
const keyOf = (id: string): string => id.split('.', 1)[0]!

/**
 * Hosted clients register anew for each connection, with the same metadata. A client without a secret is nothing but
 * its
 * metadata, so all that say the same share one record: the id names it, a random part makes the id its own, and a keyed
 * hash
 * shows that the id was given out.
 */
function createIds (sealing: Sealing) {
  const macOf = (id: string) => sealing.mac(MAC_PURPOSE, id).slice(0, MAC_CHARACTERS)
  return {
    shared (metadata: ClientMetadata): string {
      // Not the key that earlier versions made of the same metadata: their ids have no keyed hash.
      const id = `mcp_client_${hashSecret(`given out ${JSON.stringify(metadata)}`).slice(0, 32)}.${randomSecret(RANDOM_BYTES)}`
      return id + macOf(id)
    },
    check (id: string): boolean {
      if (id.length !== keyOf(id).length + 1 + SUFFIX_CHARACTERS) return false
      return sealing.checkMac(MAC_PURPOSE, id.slice(0, -MAC_CHARACTERS), id.slice(-MAC_CHARACTERS))
    }
  }
}

const toClient = (id: string, { secretHash, keptUntil, metadata }: StoredClient): Client => ({
  id,
  name: toDisplayName(metadata.client_name, id),
  kind: 'registered',
  ...(secretHash !== undefined && { secretHash }),
  grantTypes: metadata.grant_types,
  ...(metadata.client_uri && { uri: metadata.client_uri }),
  keptUntil,
  ownsRedirectUri: (uri) => metadata.redirect_uris.some((registered) => matchesRedirectUri(registered, uri)),
  onlyRedirectUri: metadata.redirect_uris.length === 1 ? metadata.redirect_uris[0] : undefined
})
