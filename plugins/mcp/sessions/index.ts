// Sessions, for the one kind of client that needs them: of the `initialize` era, and with something to be asked back.
// Every instance on the same storage can serve each message of one (MCP 2025-11-25 "Session Management").
import type {
  InitializeRequestParams,
  JSONRPCRequest,
  JSONRPCResponse,
  McpServerFactory
} from '@modelcontextprotocol/server'
import type { Clock } from '../../../clock.ts'
import type { Storage } from '../../storage/contract.ts'
import type { Sealing } from '../../secrets.ts'
import type { EventBus } from '../streams/event-bus.ts'
import type { ChangeLog } from '../streams/change-log.ts'
import type { McpResponse, McpRequest, RequestContext } from '../contract.ts'
import { INVALID_REQUEST, JsonRpcError } from '../json-rpc-error.ts'
import type { OpenStreams } from '../streams/open-streams.ts'
import { beginsSession } from '../sdk/handler.ts'
import { createResumableStreams } from './resumable-streams.ts'
import { openGetStream } from './get-stream.ts'
import { createSessionMessages } from './messages.ts'
import { createSessionStore, type Session } from './store.ts'
import { runInSession, type SessionDeps } from './request.ts'

export interface Sessions {
  /** Answers a POST that belongs to a session, and an `initialize` that begins one; undefined for everything else. */
  serve(
    exchange: McpRequest,
    initialize: (exchange: McpRequest) => Promise<McpResponse>
  ): Promise<McpResponse | undefined>
  /** Takes the client's answer to a question of ours. */
  take(visit: RequestContext, response: JSONRPCResponse): Promise<McpResponse>
  /** GET: the stream of what changes, or of a request that broke. */
  listen(visit: RequestContext): Promise<McpResponse>
  /** DELETE. */
  end(visit: RequestContext): Promise<McpResponse>
}

export interface SessionOptions {
  storage: Storage
  sealing: Sealing
  now: Clock
  bus: EventBus
  changes: ChangeLog
  factory: McpServerFactory
  /** The streams of changes that are open here, and the requests that are not answered yet. */
  open: { streams: OpenStreams; requests: OpenStreams }
  log: { warn(details: object, message: string): void }
}

const SESSION_NOT_FOUND = -32001
const HEADER = 'mcp-session-id'
const ACCEPTED: McpResponse = { status: 202, headers: {}, body: undefined }

export function createSessions (options: SessionOptions): Sessions {
  const { storage, now, bus, changes, open, log } = options
  const records = createSessionStore(storage, now)
  const streams = createResumableStreams(options)
  const notices = createSessionMessages(bus)
  const means: SessionDeps = { factory: options.factory, records, streams, notices, open: open.requests, log }
  const find = async ({ headers, access }: RequestContext): Promise<Session> => {
    const session = await records.find(headers[HEADER] ?? '', access)
    if (!session) {
      throw new JsonRpcError(
        404,
        SESSION_NOT_FOUND,
        'Session not found: it has ended, or was never yours. Begin anew with initialize.'
      )
    }
    return session
  }

  const begin = async (
    exchange: McpRequest,
    initialize: (exchange: McpRequest) => Promise<McpResponse>
  ): Promise<McpResponse> => {
    const answer = await initialize(exchange)
    const version =
      typeof answer.body === 'string'
        ? (JSON.parse(answer.body) as { result?: { protocolVersion: string } }).result?.protocolVersion
        : undefined
    if (version === undefined) return answer
    const { id, gone } = await records.create(
      exchange,
      (exchange.body as JSONRPCRequest).params as InitializeRequestParams,
      version
    )
    for (const key of gone) notices.tell({ key }, { kind: 'ended' })
    return { ...answer, headers: { ...answer.headers, [HEADER]: id } }
  }

  return {
    async serve (exchange, initialize) {
      if (beginsSession(exchange)) return begin(exchange, initialize)
      const { body } = exchange
      if (exchange.headers[HEADER] === undefined || (!Array.isArray(body) && body.method === 'initialize')) { return undefined }
      const session = await find(exchange)
      if (Array.isArray(body)) { throw new JsonRpcError(400, INVALID_REQUEST, 'Invalid Request: in a session send one message per request') }
      if ('id' in body) return runInSession(session, exchange, body as JSONRPCRequest, means)
      if (body.method === 'notifications/cancelled') { notices.tell(session, { kind: 'cancelled', requestId: body.params?.['requestId'] }) }
      return ACCEPTED
    },
    async take (visit, response) {
      notices.tell(await find(visit), { kind: 'answer', response })
      return ACCEPTED
    },
    listen: async (visit) => openGetStream(await find(visit), visit, { changes, streams, notices, open: open.streams }),
    async end (visit) {
      const session = await find(visit)
      await records.delete(session)
      notices.tell(session, { kind: 'ended' })
      return { status: 204, headers: {}, body: undefined }
    }
  }
}
