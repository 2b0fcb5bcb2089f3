// What is kept of a session, and for whom: its id is a name, never a credential (MCP 2025-11-25 "Session Management", "Security Best Practices": session hijacking).
import type { InitializeRequestParams } from '@modelcontextprotocol/server'
import type { Access } from '../../grants/contract.ts'
import { hashSecret, randomSecret } from '../../storage/sealing.ts'
import type { Storage } from '../../storage/contract.ts'
import { INVALID_REQUEST, RpcRefusal } from '../refusal.ts'

export interface SessionRecord {
  /** The person and the app it belongs to; `null` without sign-in. */
  user: string | null
  client: string | null
  /** As the client sent it: what it can be asked, and which version it speaks. */
  initialize: InitializeRequestParams
  version: string
  /** From which level on it asked for log lines. */
  level?: string
  /** The resources it wants to hear of. */
  uris: string[]
}

/** A session that was found, for the person it belongs to. `key` names it inside; the client's id is not kept. */
export interface Session { key: string, record: SessionRecord }

/** Seconds. After that the client is told to begin anew. */
const LIFETIME = 86_400
/** Sessions that one person may begin in that time; without sign-in, all together. */
const MOST_SESSIONS = 10_000
const MOST_URIS = 200
/** Characters of what is kept of `initialize`. */
const LONGEST_INITIALIZE = 16_384

export interface SessionRecords {
  /** @returns the id for the client. @throws RpcRefusal for too many sessions, or too much to keep of one. */
  create (access: Access | null, initialize: InitializeRequestParams, version: string): Promise<string>
  /** Not found is also what belongs to somebody else. */
  find (id: string, access: Access | null): Promise<Session | undefined>
  delete (session: Session): Promise<void>
  setLevel (session: Session, level: string): Promise<void>
  /** @returns all resources it wants to hear of now. */
  setUri (session: Session, uri: string, wanted: boolean): Promise<string[]>
}

export function createSessionRecords (storage: Storage): SessionRecords {
  const records = storage.collection<SessionRecord>('mcpSession')
  const change = (key: string, edit: (record: SessionRecord) => SessionRecord) => records.update(key, (record) =>
    record ? { write: { record: edit(record), ttl: LIFETIME }, result: edit(record) } : { result: undefined })
  return {
    async create (access, { protocolVersion, capabilities, clientInfo }, version) {
      const initialize = { protocolVersion, capabilities, clientInfo }
      if (JSON.stringify(initialize).length > LONGEST_INITIALIZE) throw new RpcRefusal(413, INVALID_REQUEST, `Content Too Large: capabilities and clientInfo have at most ${LONGEST_INITIALIZE} characters`)
      const [begun] = await storage.count([{ key: `sessions ${access?.user.id ?? ''}`, by: 1, ttl: LIFETIME }])
      if (begun! > MOST_SESSIONS) throw new RpcRefusal(429, INVALID_REQUEST, 'Too Many Requests: too many sessions were begun today', { headers: { 'retry-after': '3600' } })
      const id = randomSecret()
      await records.put(hashSecret(id), { user: access?.user.id ?? null, client: access?.clientId ?? null, initialize, version, uris: [] }, LIFETIME)
      return id
    },
    async find (id, access) {
      const key = hashSecret(id)
      const record = await records.find(key)
      return record && record.user === (access?.user.id ?? null) && record.client === (access?.clientId ?? null) ? { key, record } : undefined
    },
    delete: ({ key }) => records.delete(key),
    async setLevel ({ key }, level) { await change(key, (record) => ({ ...record, level })) },
    async setUri ({ key }, uri, wanted) {
      const record = await change(key, (record) => ({ ...record, uris: [...new Set([...record.uris.filter((other) => other !== uri), ...(wanted ? [uri] : [])])].slice(-MOST_URIS) }))
      return record?.uris ?? []
    }
  }
}
