// What passes between the MCP endpoint and its handlers: one HTTP request in, one response out. A handler knows no
// Fastify reply and no URL.
// This room owns the endpoint from the head of a request to its answer: pipeline, fast path, sdk/, handlers/, streams/
// and sessions/; index.ts draws the states. It hands a pipeline to the routes.
// Tested in test/plugins/mcp/message-limit.test.ts.
import type { ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import type { FastifyBaseLogger } from 'fastify'
import type { JSONRPCNotification, JSONRPCRequest } from '@modelcontextprotocol/server'
import type { Prompt } from '../../authoring/prompt.ts'
import type { Resource } from '../../authoring/resource.ts'
import type { Tool } from '../../authoring/tool.ts'
import type { Config } from '../../config/index.ts'
import type { Rights } from '../access-rules/contract.ts'
import { siteOf } from '../client-address.ts'
import type { Library } from '../library/contract.ts'
import type { Upstreams } from '../upstreams/contract.ts'
import type { Notes } from '../notes/index.ts'
import type { Access } from '../oauth/grants/contract.ts'
import type { BatchBudget } from './batch-budget.ts'

export type Message = JSONRPCRequest | JSONRPCNotification

/** One POST, checked and parsed. It carries the identity of its caller; nothing per user is held anywhere else. */
export interface McpRequest {
  /** An array only for a batch, which only protocol version 2025-03-26 has. */
  body: Message | Message[]
  /** What the results of a batch may take together; absent for a single message. */
  batch?: BatchBudget | undefined
  /** Counts the message while it is worked on; absent for one that is not large. */
  large?: LargeBody | undefined
  /** The `Mcp-*` request headers, lower case. */
  headers: Readonly<Record<string, string>>
  /** Whether the client can read server-sent events besides one JSON object. */
  acceptsEvents: boolean
  /** `null` when the server runs without sign-in, and for a tool that may be called without one. */
  access: Access | null
  /** What the caller may use; what they may not use does not exist for them. */
  rights: Rights
  /** The network address of a caller without a token; a caller with a token is known by their id. */
  address?: string | undefined
  /** People sign in at this server, but this caller has not: nothing is stored for them. */
  isStranger?: boolean
  /** Named to the client when something fails inside, so that the log line can be found. */
  requestId: string
  /** Aborted when the client disconnects. */
  signal: AbortSignal
  /** As `Exchange.whileAllowed`; absent in a session, whose requests stay open while a person is asked. */
  whileAllowed?(end: () => void): () => void
  log: FastifyBaseLogger
}

/** One message that counts while it is worked on. */
export interface LargeBody {
  /** Somebody else works with it as well. */
  keep(): void
  /** One of those who work with it is done. */
  done(): void
}

/** A request without a message: GET and DELETE of a session, or a POST whose body is not read yet. */
export type RequestContext = Omit<McpRequest, 'body'> & { lastEventId?: string | undefined }

/** Who asks that changes of a resource are told: by a message, or by a stream that continues. */
export type Follower = Pick<McpRequest, 'access' | 'address' | 'rights' | 'log' | 'requestId' | 'signal'>

export interface McpResponse {
  status: number
  headers: Record<string, string>
  /**
   * Text or its bytes, a stream of server-sent events, or what serves the connection from now on, once the head is written.
   */
  body: string | Buffer | Readable | ((raw: ServerResponse) => void) | undefined
  /** Called when the connection is done with the response. @param isSent whether all of it left this process. */
  onClose?(isSent: boolean): void
}

/** Whom a request counts for: a person over all their apps, or the address of a caller who has not signed in. */
export const callerOf = ({ access, address }: Pick<McpRequest, 'access' | 'address'>): string =>
  access ? access.user.id : `address ${address}`

/**
 * Whose share of what many share it uses: a holder of many networks has one for all of them.
 */
export const sharerOf = ({ access, address = '' }: Pick<McpRequest, 'access' | 'address'>): string =>
  access ? access.user.id : `address ${siteOf(address)}`

/** Whether the caller may still use what they asked for. */
export type MayGoOn = (body: McpRequest['body'], access: Access | null) => boolean

export type McpHandler = (request: McpRequest) => Promise<McpResponse>

/** What the server offers to clients. */
export interface Offer {
  tools: readonly Tool[]
  resources?: readonly Resource[]
  prompts?: readonly Prompt[]
}

export interface McpOptions extends Offer, Pick<Config, 'mcpUrl' | 'signIn' | 'local'> {
  library: Pick<Library, 'of'>
  /** What the library holds, in the operator's words. */
  libraryDescription?: string | undefined
  notes: Pick<Notes, 'of'>
  /** Existing MCP servers, whose offer appears beside ours. */
  upstreams?: Upstreams | undefined
  /** Milliseconds a tool may run: below the 60 seconds after which ChatGPT gives up. @default 25000 */
  timeout?: number
  /** Whether `app.mcp.offer` will be called while the server runs: clients then learn that lists can change. */
  reloads?: boolean
  /** The absolute URL of this server's picture. */
  iconUrl: string
}
