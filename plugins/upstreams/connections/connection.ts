// An open connection to an upstream: requests of callers over the official client, and what the upstream says without
// being asked. What it says reaches a caller only if it is certain whose request it belongs to.
// This room owns how a connection is made, kept, shared and given up (connect.ts, pool.ts), and a request that asks the
// person in between (conversation.ts). It hands open connections to upstream.ts.
// Tested in test/plugins/upstreams/upstream.test.ts.
import {
  ProtocolError,
  ProtocolErrorCode,
  type Client,
  type ElicitResult,
  type RequestOptions
} from '@modelcontextprotocol/client'
import type { FastifyBaseLogger } from 'fastify'
import { UpstreamError, type Answered, type Connection, type Exchange, type UpstreamRequest } from '../contract.ts'
import { isShort } from '../message-bounds.ts'
import { asItIs } from './client.ts'
import { Conversation } from './conversation.ts'
import { Following } from './following.ts'
import { AS_IT_IS, levelOf, modernMeta, readAnswer, retryOf, textOf } from './messages.ts'
import { mayWait, type Waiting } from './waiting.ts'

type Params = Record<string, unknown>

/** The client's own limit would count while a person is asked; a conversation has its own. */
const NO_TIMEOUT_MS = 2 ** 31 - 1

export interface ConnectionOptions {
  upstream: string
  client: Client
  /** Milliseconds for requests of this server itself. */
  timeoutMs: number
  /** Whether what the upstream says can only be meant for one person: it is theirs, or the protocol names the request. */
  isPersonal: boolean
  /** Whether it was told that it may ask people something. */
  mayAsk: boolean
  isHttp: boolean
  log: FastifyBaseLogger
  /** Of the secrets of the file, see `hiddenParts`: an upstream may repeat them in what it says while it works. */
  hidden: readonly string[]
  /** Writes a line for somebody who looks for a fault, without secrets. */
  say(line: string): void
  /** Maps what the client or its transport throws. */
  toError(error: unknown): Error
  waiting: Waiting
}

export interface RequestExtras {
  /** Milliseconds, of which `spentMs` have gone by. */
  timeoutMs: number
  spentMs: number
  meta: Params
  /** What the request repeats in its head (MCP "Custom Headers from Tool Parameters"). */
  headers?: Record<string, string> | undefined
}

export class OpenConnection implements Connection {
  readonly #options: ConnectionOptions
  readonly #running = new Set<Conversation>()
  readonly following: Following
  #logsAt: Promise<unknown> | undefined
  #isRetired = false
  #hasDeclined = false

  constructor (options: ConnectionOptions) {
    this.#options = options
    const { client, timeoutMs, mayAsk, log, say, hidden, toError } = options
    this.following = new Following({ client, timeoutMs, say, toError, ask: (method, params) => this.ask(method, params) })
    client.setNotificationHandler('notifications/message', ({ params }) => {
      const tell = this.#logOf()
      const text = textOf(params.data, hidden)
      if (tell) tell(levelOf(params.level), text)
      else say(`upstream says: ${text}`)
    })
    let hasRefused = false
    client.fallbackRequestHandler = async ({ method, params = {} }, { mcpReq }) => {
      // Not as a handler of its own: for one, the SDK checks every field before it can be said how many are too many.
      if (mayAsk && method === 'elicitation/create') return await this.#ask(params, mcpReq.signal)
      if (!hasRefused) log.warn(`upstream asked for ${JSON.stringify(method.slice(0, 64))}, which is not passed on`)
      hasRefused = true
      throw new ProtocolError(ProtocolErrorCode.MethodNotFound, 'Method not found')
    }
  }

  get capabilities () {
    return this.#options.client.getServerCapabilities() ?? {}
  }

  get protocolVersion () {
    return this.#options.client.getNegotiatedProtocolVersion() ?? ''
  }

  get isModern () {
    return this.#options.client.getProtocolEra() === 'modern'
  }

  /** Whether nothing is kept at the upstream between requests: that one was lost says nothing of the connection. */
  get isStateless () {
    return this.isModern && this.#options.isHttp
  }

  get instructions () {
    return this.#options.client.getInstructions()
  }

  /** Requests that are not answered yet. */
  get inFlight () {
    return this.#running.size
  }

  async ask (method: string, params: Params): Promise<Params> {
    return await this.#send(method, params, { timeout: this.#options.timeoutMs })
  }

  async request (
    { method, params }: UpstreamRequest,
    exchange: Exchange,
    { timeoutMs, spentMs, meta, headers }: RequestExtras
  ): Promise<Answered> {
    const { upstream, waiting, isHttp, hidden } = this.#options
    const askedAt = performance.now()
    if (exchange.log) await this.#wantLogs()
    const spent = spentMs + performance.now() - askedAt
    // A process would read it before it is told that it is canceled.
    if (exchange.signal.aborted || spent >= timeoutMs) {
      throw new UpstreamError(upstream, 'timeout', 'there was no time left when it could be asked', { wasSent: false })
    }
    const again = exchange.retry ? retryOf(upstream, exchange.retry) : {}
    const sent = { ...params, ...again, _meta: this.isModern ? modernMeta(exchange, meta) : meta }
    const conversation = new Conversation({
      upstream,
      timeoutMs,
      spentMs: spent,
      mayWait: (holder) => mayWait(waiting, holder, isHttp ? 'http' : 'process'),
      send: (signal, onProgress) =>
        this.#send(method, sent, {
          signal,
          timeout: NO_TIMEOUT_MS,
          ...(exchange.progress && {
            onprogress: ({ message, ...step }) =>
              onProgress({ ...step, ...(message !== undefined && { message: textOf(message, hidden) }) })
          }),
          ...(headers && { headers })
        })
    })
    // While a person is asked, the caller has an answer, and the request is kept.
    const { large } = exchange
    if (large) {
      large.keep()
      conversation.ended.then(() => large.done())
    }
    return await this.listen(conversation, exchange)
  }

  /** Waits for what comes next of a request: its result, or a question. */
  async listen (conversation: Conversation, exchange: Exchange): Promise<Answered> {
    const { waiting, upstream } = this.#options
    this.#running.add(conversation)
    if (waiting.size > 0) waiting.delete(conversation.id)
    let isWaiting = false
    try {
      const answered = await conversation.next(exchange)
      if (answered.kind === 'result') return readAnswer(upstream, answered.result)
      isWaiting = true
      waiting.set(conversation.id, { conversation, connection: this })
      conversation.ended.then(() => this.#forget(conversation))
      return answered
    } finally {
      if (!isWaiting) this.#forget(conversation)
    }
  }

  /** Closes it once every request is answered: that one has failed says nothing of the others. */
  retire (): void {
    this.#isRetired = true
    if (this.inFlight === 0) this.close().catch(() => {})
  }

  async close (): Promise<void> {
    for (const conversation of this.#running) conversation.end('the connection is closed')
    await this.#options.client.close()
  }

  #forget (conversation: Conversation): void {
    this.#running.delete(conversation)
    const { waiting } = this.#options
    if (waiting.size > 0) waiting.delete(conversation.id)
    if (this.#isRetired) this.retire()
  }

  async #send (method: string, params: Params, options: RequestOptions): Promise<Params> {
    const { client, toError } = this.#options
    try {
      return asItIs(await client.request({ method, params }, AS_IT_IS, { ...options, allowInputRequired: true }))
    } catch (error) {
      throw toError(error)
    }
  }

  /** Before 2026-07-28, a level is set for the whole connection. */
  async #wantLogs (): Promise<void> {
    if (this.isModern || !this.#options.isPersonal || !this.capabilities.logging) return
    await (this.#logsAt ??= this.ask('logging/setLevel', { level: 'info' }).catch(() => {}))
  }

  async #ask (params: Params, signal: AbortSignal): Promise<ElicitResult> {
    const only = isShort(params) ? this.#only() : undefined
    if (only) return await only.ask(params, signal)
    if (!this.#hasDeclined) this.#options.log.warn('upstream asked something, and nothing says for whom: declined, and said once')
    this.#hasDeclined = true
    return { action: 'decline' }
  }

  /** Of 2026-07-28 over HTTP, a line comes with an answer; of which one, is certain while there is one request alone. */
  #logOf (): Exchange['log'] {
    const { isPersonal, isHttp } = this.#options
    const isCertain = this.#running.size === 1 && (isPersonal || (isHttp && this.isModern))
    return isCertain ? [...this.#running][0]!.exchange?.log : undefined
  }

  /** The request that everything the upstream says belongs to. */
  #only (): Conversation | undefined {
    return this.#options.isPersonal && this.#running.size === 1 ? [...this.#running][0] : undefined
  }
}
