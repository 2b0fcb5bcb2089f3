// An MCP request except for its message: who calls, from where, and whether they are still connected.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Rights } from '../access-rules/contract.ts'
import { networkOf } from '../client-address.ts'
import { whenClosed } from '../when-closed.ts'
import type { Access } from '../oauth/grants/contract.ts'
import { BatchBudget } from './batch-budget.ts'
import type { LargeBody, McpRequest, RequestContext } from './contract.ts'

export const acceptsEvents = (accept = ''): boolean => accept.includes('text/event-stream')

/**
 * A request without its message. A class, since each object literal with a getter gets its own shape, and collecting those
 * would cost more than the call.
 */
export class HttpRequestContext implements RequestContext {
  readonly headers: Record<string, string> = {}
  readonly acceptsEvents: boolean
  readonly access: Access | null
  readonly rights: Rights
  readonly address: string | undefined
  readonly isStranger: boolean
  readonly requestId: string
  readonly lastEventId: string | undefined
  large: LargeBody | undefined
  readonly #request: FastifyRequest
  readonly #raw: FastifyReply['raw']
  #signal: AbortSignal | undefined

  constructor (request: FastifyRequest, reply: FastifyReply, access: Access | null, rights: Rights, signIn: boolean) {
    const { headers } = request
    for (const name in headers) {
      if (name.startsWith('mcp-')) this.headers[name] = String(headers[name])
    }
    this.acceptsEvents = acceptsEvents(headers.accept)
    this.access = access
    this.rights = rights
    this.address = access === null ? networkOf(request) : undefined
    this.isStranger = signIn && access === null
    this.requestId = request.id
    this.lastEventId = headers['last-event-id'] === undefined ? undefined : String(headers['last-event-id'])
    this.large = undefined
    this.#request = request
    this.#raw = reply.raw
  }

  get log (): FastifyRequest['log'] {
    return this.#request.log
  }

  /** Created when it is first read: most answers are sent before anything reads it. */
  get signal (): AbortSignal {
    return (this.#signal ??= disconnectSignal(this.#raw))
  }

  /** The same request, with its message. */
  with (body: McpRequest['body']): McpRequest {
    return Object.assign(this, { body, batch: Array.isArray(body) ? new BatchBudget() : undefined })
  }
}

/** @param signIn whether people sign in at this server. */
export const readContext = (
  request: FastifyRequest,
  reply: FastifyReply,
  access: Access | null,
  rights: Rights,
  signIn: boolean
): HttpRequestContext => new HttpRequestContext(request, reply, access, rights, signIn)

/** @returns a signal that is aborted when the connection closes before the response was sent. */
function disconnectSignal (raw: FastifyReply['raw']): AbortSignal {
  const disconnected = new AbortController()
  whenClosed(raw, () => {
    if (!raw.writableFinished) disconnected.abort()
  })
  return disconnected.signal
}
