// What passes between the MCP endpoint and its lanes: one HTTP exchange in, one answer out. A lane knows no Fastify
// reply and no URL.
import type { ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import type { FastifyBaseLogger } from 'fastify'
import type { JSONRPCNotification, JSONRPCRequest } from '@modelcontextprotocol/server'
import type { Access } from '../oauth/grants/contract.ts'

export type Message = JSONRPCRequest | JSONRPCNotification

/** One POST, checked and parsed. Identity travels here with each message; nothing per user is kept anywhere else. */
export interface McpRequest {
  /** An array only for a batch, which only protocol version 2025-03-26 has. */
  body: Message | Message[]
  /** The `Mcp-*` request headers, lower case. */
  headers: Readonly<Record<string, string>>
  /** Whether the client can read a stream of events besides one JSON object. */
  acceptsEvents: boolean
  /** `null` when the server runs without sign-in, and for a tool that anybody may call. */
  access: Access | null
  /** The network address of a caller without a token; who has one is known by their id. */
  address?: string | undefined
  /** Nobody has signed in here, though people do at this server: nothing is kept for them. */
  isStranger?: boolean
  /** Named to the client when something fails inside, so that the log can be found. */
  requestId: string
  /** Aborted when the client goes away. */
  signal: AbortSignal
  log: FastifyBaseLogger
}

/** A request without a message: GET and DELETE. */
export type RequestContext = Omit<McpRequest, 'body'> & { lastEventId?: string | undefined }

export interface McpResponse {
  status: number
  headers: Record<string, string>
  /** A stream for server-sent events, or what serves the connection from now on, once the head is written. */
  body: string | Readable | ((raw: ServerResponse) => void) | undefined
  /** Told when the connection is done with the answer. @param isSent whether all of it left this process. */
  onClose?(isSent: boolean): void
}

/** Whom an exchange counts for: a person over all their apps, or the address of somebody who has not signed in. */
export const callerOf = ({ access, address }: Pick<McpRequest, 'access' | 'address'>): string =>
  access ? access.user.id : `address ${address}`

export type McpHandler = (exchange: McpRequest) => Promise<McpResponse>
