// Stores the clients that registered: under ids that only this server can have issued, for a day until they are used,
// and no more unused ones than there are places for (RFC 7591 §3.2.1, §5).
import type { Clock } from '../../../clock.ts'
import { toDisplayName } from '../../display-name.ts'
import { hashSecret, randomSecret, type Sealing } from '../../secrets.ts'
import type { Collection } from '../../storage/contract.ts'
import { createClientIds, isAttemptCurrent, isUnproven, newConfidentialId, recordKeyOf } from './client-ids.ts'
import type { Client } from './contract.ts'
import { redirects, type RedirectRules } from './redirect-uris.ts'
import type { ClientMetadata } from './registration.ts'
import type { FindHolder } from '../grants/contract.ts'
import { createUnusedPlaces, type UnusedList } from './unused-places.ts'

/** An unused registration is deleted after this time, or earlier when its place is needed. */
const UNUSED_LIFETIME_SECONDS = 86_400
/** A registration that was used stays this long after its last grant has ended. */
const KEPT_AFTER_GRANT_SECONDS = 90 * 86_400
/** Saves a write at each refresh and each registration. */
const SLACK_SECONDS = 3_600

/** The record of one client with a secret, or of all clients without one that registered the same metadata. */
export interface StoredClient {
  secretHash?: string
  /** Seconds since the epoch: the record stays at least until then, unless it is unused and its place is needed. */
  keptUntil: number
  /** Whether a person has connected with it. */
  used?: true
  /** All who have are known: see connected-clients.ts. Earlier versions did not count them. */
  isCounted?: true
  /** Numbers of the lists of unused registrations it is on. Absent for those of earlier versions. */
  lists?: number[]
  /** The connection attempt of a client with a secret. Others have it in their id. */
  attempt?: { id: string; at: number }
  metadata: ClientMetadata
}

/** The response to a registration. */
export interface RegisteredClient {
  id: string
  /** Seconds since the epoch. */
  registeredAt: number
  metadata: ClientMetadata
  /** In clear for this response only; stored as a hash. */
  secret?: string
}

export interface Registrations {
  /** @param findHolder of a code or token of this client: an id that is in a grant was issued. */
  find(id: string, findHolder?: FindHolder): Promise<Client | undefined>
  /** @param from the address it comes from, and the connection attempt it belongs to (16 characters of base64url). */
  add(metadata: ClientMetadata, from: { address: string; attempt: string }): Promise<RegisteredClient>
  /**
   * A person has connected with it: it stays for as long as a grant of its can live, since an app cannot know that its
   * id was deleted.
   * @returns whether something was written.
   */
  keep(client: Client, until: number): Promise<boolean>
  /** Nobody uses it any more. @param key of its record, as {@link recordKeyOf} makes it. */
  forget(key: string): Promise<void>
}

interface Options {
  store: Collection<StoredClient>
  unused: Collection<UnusedList>
  sealing: Sealing
  redirectRules: RedirectRules
  now: Clock
}

export function createRegistrations ({ store, unused, sealing, redirectRules, now }: Options): Registrations {
  const ids = createClientIds(sealing)
  const places = createUnusedPlaces(unused, sealing, now, UNUSED_LIFETIME_SECONDS)

  /** Gives up the place on one list; the record goes with its last place, unless it is used by now. */
  const giveUp = (key: string, list: number) =>
    store.update<void>(key, (found) => {
      if (!found || found.used || found.lists === undefined) return { result: undefined }
      const lists = found.lists.filter((other) => other !== list)
      if (lists.length === 0) return { remove: true, result: undefined }
      return { write: { record: { ...found, lists }, ttl: Math.max(1, found.keptUntil - now()) }, result: undefined }
    })

  /** Keeps what is stored already where it lasts long enough. */
  const write = (key: string, list: number, record: Omit<StoredClient, 'lists'>) =>
    store.update<void>(key, (found) => {
      const lasts = found !== undefined && found.keptUntil >= record.keptUntil - SLACK_SECONDS
      if (found?.used || (lasts && found.lists?.includes(list))) return { result: undefined }
      const lists = [...new Set([...(found?.lists ?? []), list])]
      return { write: { record: { ...record, lists }, ttl: UNUSED_LIFETIME_SECONDS }, result: undefined }
    })

  return {
    async find (id, findHolder = async () => undefined) {
      const found = await store.find(recordKeyOf(id))
      if (!found || (found.secretHash === undefined) !== id.includes('.')) return undefined
      const isIssued =
        found.secretHash !== undefined || (found.lists === undefined ? isUnproven(id) : ids.isIssued(id))
      if (!isIssued && (await findHolder()) === undefined) return undefined
      const own = found.attempt && isAttemptCurrent(found.attempt.at, now()) ? found.attempt.id : undefined
      return toClient(id, found, own ?? ids.attemptOf(id, now()), redirectRules)
    },
    async add (metadata, { address, attempt }) {
      const registeredAt = Math.floor(now())
      const secret = metadata.token_endpoint_auth_method === 'none' ? undefined : `mcp_cs_${randomSecret()}`
      const id = secret === undefined ? ids.issueShared(metadata, attempt, registeredAt) : newConfidentialId()
      const key = recordKeyOf(id)
      const list = places.listOf(address)
      // A place without a record does no harm; a record without a place would not be counted.
      for (const other of await places.take(key, list, address)) await giveUp(other, list)
      await write(key, list, {
        ...(secret !== undefined && { secretHash: hashSecret(secret), attempt: { id: attempt, at: registeredAt } }),
        keptUntil: registeredAt + UNUSED_LIFETIME_SECONDS,
        metadata
      })
      return { id, registeredAt, metadata, ...(secret !== undefined && { secret }) }
    },
    async keep ({ id, keptUntil: known }, until) {
      const keptUntil = until + KEPT_AFTER_GRANT_SECONDS
      if (known === undefined || known >= keptUntil - 24 * SLACK_SECONDS) return false
      return store.update<boolean>(recordKeyOf(id), (found) => {
        if (!found || (found.used && found.keptUntil >= keptUntil - SLACK_SECONDS)) return { result: false }
        const isCounted = (!found.used || found.isCounted) && { isCounted: true as const }
        return { write: { record: { ...found, ...isCounted, used: true, keptUntil }, ttl: keptUntil - now() }, result: true }
      })
    },
    forget: (key) =>
      store.update<void>(key, (found) => (found?.isCounted ? { remove: true, result: undefined } : { result: undefined }))
  }
}

const toClient = (
  id: string,
  { secretHash, keptUntil, metadata }: StoredClient,
  attempt: string | undefined,
  rules: RedirectRules
): Client => ({
  id,
  name: toDisplayName(metadata.client_name, id),
  kind: 'registered',
  ...(secretHash !== undefined && { secretHash }),
  grantTypes: metadata.grant_types,
  ...(metadata.client_uri && { uri: metadata.client_uri }),
  keptUntil,
  ...(attempt !== undefined && { attempt }),
  ...redirects(metadata.redirect_uris, rules)
})
