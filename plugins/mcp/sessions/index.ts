// Sessions, for the one kind of client that needs them: of the `initialize` era, and able to be asked back. Every
// instance on the same storage can serve each request of a session (MCP 2025-11-25 "Session Management").
//
// index.ts answers POST, GET and DELETE; store.ts holds the records and by-person.ts bounds them; request.ts runs one
// request with transport.ts, answering on a resumable-stream.ts, whose bytes stored-bytes.ts bounds; get-stream.ts
// serves the stream of changes; messages.ts is how instances reach each other; eraser.ts deletes the sessions of a person.
// This room owns sessions and their streams, which a client can resume; it hands each request to the SDK.
import type {
  InitializeRequestParams,
  JSONRPCRequest,
  JSONRPCResponse,
  McpServerFactory
} from '@modelcontextprotocol/server'
import type { Clock } from '../../../clock.ts'
import type { Storage } from '../../storage/contract.ts'
import type { Sealing } from '../../secrets.ts'
import type { OpenStreams } from '../streams/contract.ts'
import type { Rights } from '../../access-rules/contract.ts'
import type { EventBus } from '../../event-bus.ts'
import type { ChangeLog } from '../streams/change-log.ts'
import type { Follower, MayGoOn, McpHandler, McpRequest, McpResponse, RequestContext } from '../contract.ts'
import { INVALID_REQUEST, JsonRpcError } from '../json-rpc-error.ts'
import { isId } from '../json-rpc.ts'
import { refuseLongAnswer } from '../checked-values.ts'
import { beginsSession } from '../sdk/handler.ts'
import { createResumableStreams } from './resumable-streams.ts'
import { openGetStream } from './get-stream.ts'
import { createSessionMessages } from './messages.ts'
import { createSessionStore, type Session } from './store.ts'
import { runInSession, type SessionDeps } from './request.ts'

export interface Sessions {
  /** Answers a POST that belongs to a session, and an `initialize` that begins one; undefined for everything else. */
  serve(mcpRequest: McpRequest, initialize: McpHandler): Promise<McpResponse | undefined>
  /** Takes the client's answer to a question of this server. */
  take(context: RequestContext, response: JSONRPCResponse): Promise<McpResponse>
  /** GET: the stream of changes, or the rest of a request's stream that broke. */
  listen(context: RequestContext): Promise<McpResponse>
  /** DELETE. */
  end(context: RequestContext): Promise<McpResponse>
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
  rightsOf(access: RequestContext['access']): Rights
  mayGoOn: MayGoOn
  /** See `Resources.follow`. */
  follow(uri: string, follower: Follower): Promise<void>
  log: { warn(details: object, message: string): void }
}

const SESSION_NOT_FOUND = -32001
const HEADER = 'mcp-session-id'
const ACCEPTED: McpResponse = { status: 202, headers: {}, body: undefined }

/** Each of its functions throws JsonRpcError 404 for a session that has ended or belongs to another caller. */
export function createSessions (options: SessionOptions): Sessions {
  const { bus, changes, open, log, rightsOf, mayGoOn, follow } = options
  const records = createSessionStore(options)
  const streams = createResumableStreams(options)
  const messages = createSessionMessages(bus)
  const deps: SessionDeps = { factory: options.factory, records, streams, messages, open: open.requests, rightsOf, mayGoOn, log }
  const getStreamDeps = { changes, streams, messages, open: open.streams, rightsOf, follow }
  const find = async ({ headers, access }: RequestContext): Promise<Session> => {
    const session = await records.find(headers[HEADER] ?? '', access)
    if (session) return session
    const text = 'Session not found: it has ended, or was never yours. Begin again with initialize.'
    throw new JsonRpcError(404, SESSION_NOT_FOUND, text)
  }

  const begin = async (mcpRequest: McpRequest, initialize: McpHandler): Promise<McpResponse> => {
    const answer = await initialize(mcpRequest)
    const version = agreedVersion(answer)
    if (version === undefined) return answer
    const { params } = mcpRequest.body as JSONRPCRequest
    const { id, gone } = await records.create(mcpRequest, params as InitializeRequestParams, version)
    for (const key of gone) messages.publish({ key }, { kind: 'ended' })
    return { ...answer, headers: { ...answer.headers, [HEADER]: id } }
  }

  return {
    async serve (mcpRequest, initialize) {
      if (beginsSession(mcpRequest)) return begin(mcpRequest, initialize)
      const { body, headers } = mcpRequest
      if (headers[HEADER] === undefined || (!Array.isArray(body) && body.method === 'initialize')) return undefined
      const session = await find(mcpRequest)
      if (Array.isArray(body)) {
        throw new JsonRpcError(400, INVALID_REQUEST, 'Invalid Request: in a session send one message per request')
      }
      if ('id' in body) return runInSession(session, mcpRequest, body as JSONRPCRequest, deps)
      if (body.method === 'notifications/cancelled') {
        const requestId = body.params?.['requestId']
        // Anything else is no request of this session, and would go to all instances.
        if (isId(requestId)) messages.publish(session, { kind: 'cancelled', requestId })
      }
      return ACCEPTED
    },
    async take (context, response) {
      refuseLongAnswer(response)
      messages.publish(await find(context), { kind: 'answer', response })
      return ACCEPTED
    },
    listen: async (context) => openGetStream(await find(context), context, getStreamDeps),
    async end (context) {
      const session = await find(context)
      await records.delete(session)
      messages.publish(session, { kind: 'ended' })
      return { status: 204, headers: {}, body: undefined }
    }
  }
}

/** The version that an answer to `initialize` names; undefined where it was refused. */
function agreedVersion ({ body }: McpResponse): string | undefined {
  if (typeof body !== 'string') return undefined
  return (JSON.parse(body) as { result?: { protocolVersion: string } }).result?.protocolVersion
}
