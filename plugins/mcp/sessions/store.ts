// What is stored of a session, and for whom: its id is a name, never a credential (MCP 2025-11-25 "Session Management",
// "Security Best Practices": session hijacking).
import { ProtocolError, ProtocolErrorCode, type InitializeRequestParams } from '@modelcontextprotocol/server'
import type { Clock } from '../../../clock.ts'
import type { Access } from '../../oauth/grants/contract.ts'
import { hashSecret, randomSecret } from '../../secrets.ts'
import type { Collection } from '../../storage/contract.ts'
import { callerOf, type McpRequest } from '../contract.ts'
import { INVALID_REQUEST, JsonRpcError } from '../json-rpc-error.ts'
import { findUriFault } from '../streams/subscribed-uris.ts'
import { createSessionsByPerson, LIFETIME_SECONDS, type SessionDeps } from './by-person.ts'

export interface SessionRecord {
  /** The person and the app it belongs to; `null` without sign-in. */
  user: string | null
  client: string | null
  /** Whom it counts for, and when it ends. Seconds since the epoch. */
  caller: string
  endsAt: number
  /** As the client sent it: what it can be asked, and which version it speaks. */
  initialize: InitializeRequestParams
  version: string
  /** The lowest level of log lines it asked for. */
  level?: string
  /** The resources it is subscribed to. */
  uris: string[]
}

/** A session that was found, for the person it belongs to. `key` is a hash of the client's id, which is not stored. */
export interface Session {
  key: string
  record: SessionRecord
}

/** Of what is stored of `initialize`. */
const MAX_INITIALIZE_BYTES = 8_192

export interface SessionStore {
  /**
   * @returns the id for the client, and the keys of older sessions that were deleted to make room.
   * @throws JsonRpcError 413 for more than may be stored.
   */
  create(
    mcpRequest: Pick<McpRequest, 'access' | 'address'>,
    initialize: InitializeRequestParams,
    version: string
  ): Promise<{ id: string; gone: string[] }>
  /** @returns undefined also for a session of another person or app. */
  find(id: string, access: Access | null): Promise<Session | undefined>
  delete(session: Session): Promise<void>
  /** Deletes all sessions of a person. */
  deleteOf(userId: string): Promise<void>
  setLevel(session: Session, level: string): Promise<void>
  /** @returns all resources it is subscribed to now. @throws ProtocolError for too many, or too long ones. */
  setUri(session: Session, uri: string, isWanted: boolean): Promise<string[]>
}

export function createSessionStore (deps: SessionDeps): SessionStore {
  const { storage, now } = deps
  const records = storage.collection<SessionRecord>('mcpSession')
  const lists = createSessionsByPerson(deps)
  return {
    async create (mcpRequest, params, version) {
      const initialize = readInitialize(params)
      const { access } = mcpRequest
      const caller = callerOf(mcpRequest)
      const id = randomSecret()
      const key = hashSecret(id)
      const endsAt = now() + LIFETIME_SECONDS
      const listed = { key, grant: access?.grantId ?? null, endsAt }
      const gone = await lists.add(caller, listed, mcpRequest.address)
      await Promise.all(gone.map((old) => records.delete(old)))
      const [user, client] = [access?.user.id ?? null, access?.clientId ?? null]
      await records.put(key, { user, client, caller, endsAt, initialize, version, uris: [] }, LIFETIME_SECONDS)
      return { id, gone }
    },
    async find (id, access) {
      const key = hashSecret(id)
      const record = await records.find(key)
      // A record of an earlier release has no end: its client initializes again.
      if (record?.endsAt === undefined) return undefined
      return record.user === (access?.user.id ?? null) && record.client === (access?.clientId ?? null)
        ? { key, record }
        : undefined
    },
    async delete ({ key, record }) {
      await records.delete(key)
      await lists.remove(record.caller, key)
    },
    async deleteOf (userId) {
      const keys = await lists.removeAll(userId)
      await Promise.all(keys.map((key) => records.delete(key)))
    },
    ...createEdits(records, now)
  }
}

/** Without what the client sent besides. @throws JsonRpcError 413. */
function readInitialize ({ protocolVersion, capabilities, clientInfo }: InitializeRequestParams): InitializeRequestParams {
  const initialize = { protocolVersion, capabilities, clientInfo }
  if (Buffer.byteLength(JSON.stringify(initialize)) <= MAX_INITIALIZE_BYTES) return initialize
  const text = `Content Too Large: capabilities and clientInfo have at most ${MAX_INITIALIZE_BYTES} bytes`
  throw new JsonRpcError(413, INVALID_REQUEST, text)
}

function createEdits (records: Collection<SessionRecord>, now: Clock): Pick<SessionStore, 'setLevel' | 'setUri'> {
  /** @param edit returns the record it was given where there is nothing to write. */
  const change = (key: string, edit: (record: SessionRecord) => SessionRecord) =>
    records.update<SessionRecord | undefined>(key, (record) => {
      const next = record && edit(record)
      if (!next || next === record) return { result: record }
      return { write: { record: next, ttl: Math.max(1, next.endsAt - now()) }, result: next }
    })
  return {
    async setLevel ({ key }, level) {
      await change(key, (record) => (record.level === level ? record : { ...record, level }))
    },
    async setUri ({ key }, uri, isWanted) {
      let fault: string | undefined
      const record = await change(key, (record) => {
        if (record.uris.includes(uri) === isWanted) return record
        const uris = isWanted ? [...record.uris, uri] : record.uris.filter((other) => other !== uri)
        fault = findUriFault(uris)
        return fault === undefined ? { ...record, uris } : record
      })
      if (fault === undefined) return record?.uris ?? []
      const text = `Invalid params: ${fault}; unsubscribe from others first`
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, text)
    }
  }
}
