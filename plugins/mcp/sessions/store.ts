// What is kept of a session, and for whom: its id is a name, never a credential (MCP 2025-11-25 "Session Management",
// "Security Best Practices": session hijacking).
import { ProtocolError, ProtocolErrorCode, type InitializeRequestParams } from '@modelcontextprotocol/server'
import type { Clock } from '../../../clock.ts'
import type { Access } from '../../oauth/grants/contract.ts'
import { hashSecret, randomSecret } from '../../secrets.ts'
import type { Storage } from '../../storage/contract.ts'
import { callerOf, type McpRequest } from '../contract.ts'
import { INVALID_REQUEST, JsonRpcError } from '../json-rpc-error.ts'
import { findUriFault } from '../streams/subscribed-uris.ts'
import { createSessionsByPerson } from './by-person.ts'

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
  /** From which level on it asked for log lines. */
  level?: string
  /** The resources it wants to hear of. */
  uris: string[]
}

/** A session that was found, for the person it belongs to. `key` names it inside; the client's id is not kept. */
export interface Session {
  key: string
  record: SessionRecord
}

/** Seconds. After that the client is told to begin anew. */
const LIFETIME_SECONDS = 86_400
/** Of what is kept of `initialize`. */
const MAX_INITIALIZE_BYTES = 8_192

export interface SessionStore {
  /**
   * @returns the id for the client, and the keys of older sessions that gave way.
   * @throws RpcRefusal for too much to keep.
   */
  create(
    exchange: Pick<McpRequest, 'access' | 'address'>,
    initialize: InitializeRequestParams,
    version: string
  ): Promise<{ id: string; gone: string[] }>
  /** Not found is also what belongs to somebody else. */
  find(id: string, access: Access | null): Promise<Session | undefined>
  delete(session: Session): Promise<void>
  setLevel(session: Session, level: string): Promise<void>
  /** @returns all resources it wants to hear of now. @throws ProtocolError for too many, or too long ones. */
  setUri(session: Session, uri: string, wanted: boolean): Promise<string[]>
}

export function createSessionStore (storage: Storage, now: Clock): SessionStore {
  const records = storage.collection<SessionRecord>('mcpSession')
  const lists = createSessionsByPerson(storage, now)
  /** @param edit returns the record it was given where there is nothing to write. */
  const change = (key: string, edit: (record: SessionRecord) => SessionRecord) =>
    records.update<SessionRecord | undefined>(key, (record) => {
      const next = record && edit(record)
      if (!next || next === record) return { result: record }
      return { write: { record: next, ttl: Math.max(1, next.endsAt - now()) }, result: next }
    })
  return {
    async create (exchange, { protocolVersion, capabilities, clientInfo }, version) {
      const initialize = { protocolVersion, capabilities, clientInfo }
      if (Buffer.byteLength(JSON.stringify(initialize)) > MAX_INITIALIZE_BYTES) {
        throw new JsonRpcError(
          413,
          INVALID_REQUEST,
          `Content Too Large: capabilities and clientInfo have at most ${MAX_INITIALIZE_BYTES} bytes`
        )
      }
      const { access } = exchange
      const caller = callerOf(exchange)
      const id = randomSecret()
      const key = hashSecret(id)
      const endsAt = now() + LIFETIME_SECONDS
      const gone = await lists.add(caller, { key, grant: access?.grantId ?? null, endsAt })
      await Promise.all(gone.map((old) => records.delete(old)))
      await records.put(
        key,
        {
          user: access?.user.id ?? null,
          client: access?.clientId ?? null,
          caller,
          endsAt,
          initialize,
          version,
          uris: []
        },
        LIFETIME_SECONDS
      )
      return { id, gone }
    },
    async find (id, access) {
      const key = hashSecret(id)
      const record = await records.find(key)
      // One of an earlier release says nothing of its end: its client begins anew.
      if (record?.endsAt === undefined) return undefined
      return record.user === (access?.user.id ?? null) && record.client === (access?.clientId ?? null)
        ? { key, record }
        : undefined
    },
    async delete ({ key, record }) {
      await records.delete(key)
      await lists.remove(record.caller, key)
    },
    async setLevel ({ key }, level) {
      await change(key, (record) => (record.level === level ? record : { ...record, level }))
    },
    async setUri ({ key }, uri, wanted) {
      let fault: string | undefined
      const record = await change(key, (record) => {
        if (record.uris.includes(uri) === wanted) return record
        const uris = wanted ? [...record.uris, uri] : record.uris.filter((other) => other !== uri)
        fault = findUriFault(uris)
        return fault === undefined ? { ...record, uris } : record
      })
      if (fault !== undefined) {
        throw new ProtocolError(
          ProtocolErrorCode.InvalidParams,
          `Invalid params: ${fault}; unsubscribe from others first`
        )
      }
      return record?.uris ?? []
    }
  }
}
