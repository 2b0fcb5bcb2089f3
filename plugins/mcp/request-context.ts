// An MCP request except for its message: who calls, from where, and whether they are still connected.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Rights } from '../access-rules/contract.ts'
import { turnTakerOf } from '../caller-turns.ts'
import { networkOf } from '../client-address.ts'
import { whenClosed } from '../when-closed.ts'
import type { Access } from '../oauth/grants/contract.ts'
import { BatchBudget } from './batch-budget.ts'
import type { LargeBody, MayGoOn, McpRequest, RequestContext } from './contract.ts'
import type { OpenStream, OpenStreams } from './streams/contract.ts'

/** Requests that are not answered yet: each ends with what allowed it. */
export type OpenCalls = Pick<OpenStreams, 'add' | 'remove'>

export const acceptsEvents = (accept = ''): boolean => accept.includes('text/event-stream')

export interface ContextOptions {
  rights: Rights
  /** Whether people sign in at this server. */
  signIn: boolean
  calls: OpenCalls
  mayGoOn: MayGoOn
}

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
  readonly #calls: OpenCalls
  readonly #mayGoOn: MayGoOn
  #body: McpRequest['body'] = []
  #signal: AbortSignal | undefined

  constructor (request: FastifyRequest, { raw }: FastifyReply, access: Access | null, { rights, signIn, calls, mayGoOn }: ContextOptions) {
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
    this.#raw = raw
    this.#calls = calls
    this.#mayGoOn = mayGoOn
  }

  get log (): FastifyRequest['log'] {
    return this.#request.log
  }

  /** Created when it is first read: most answers are sent before anything reads it. */
  get signal (): AbortSignal {
    return (this.#signal ??= this.#watch())
  }

  /**
   * Aborted for a client that has gone. One whose access ends, or who may not use any more what is called, is disconnected,
   * whether it waits for a stream or for one answer.
   */
  #watch (): AbortSignal {
    const raw = this.#raw
    if (this.access !== null) whenClosed(raw, this.whileAllowed(() => raw.destroy()))
    return disconnectSignal(raw)
  }

  /** Keeps nothing of the request but its message: what is watched may outlive it. */
  whileAllowed (end: () => void): () => void {
    const { access } = this
    const [calls, mayGoOn, body] = [this.#calls, this.#mayGoOn, this.#body]
    if (access === null) return () => {}
    const onRightsChange = () => { if (!mayGoOn(body, access)) end() }
    const call: OpenStream = { access, address: undefined, until: Infinity, end, onRightsChange }
    calls.add(call)
    return () => calls.remove(call)
  }

  #nextTurn (): Promise<void> {
    const { server } = this.#request
    return server.callerTurns.next(turnTakerOf(this.#request))
  }

  /** The same request, with its message. */
  with (body: McpRequest['body']): McpRequest {
    this.#body = body
    return Object.assign(this, { body, batch: Array.isArray(body) ? new BatchBudget(() => this.#nextTurn()) : undefined })
  }
}

/** @returns a signal that is aborted when the connection closes before the response was sent. */
function disconnectSignal (raw: FastifyReply['raw']): AbortSignal {
  const disconnected = new AbortController()
  whenClosed(raw, () => {
    if (!raw.writableFinished) disconnected.abort()
  })
  return disconnected.signal
}
