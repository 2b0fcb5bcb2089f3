// One existing MCP server: its lists, kept up to date, and requests of callers, each over the connection that is theirs.
// Tested in test/plugins/upstreams/upstream.test.ts and test/plugins/upstreams/followed.test.ts.
import type { Transport } from '@modelcontextprotocol/client'
import type { FastifyBaseLogger } from 'fastify'
import type { UpstreamSettings } from '../../config/upstreams.ts'
import { connect, type Dialect, type TransportKind } from './connections/connect.ts'
import { isHeldOpen } from './connections/messages.ts'
import type { OpenConnection, RequestExtras } from './connections/connection.ts'
import { Pool } from './connections/pool.ts'
import type { Waiting } from './connections/waiting.ts'
import { UpstreamError, type Answered, type Exchange, type Upstream, type UpstreamCall } from './contract.ts'
import type { UpstreamCaller, UpstreamChange, UpstreamFault, UpstreamRequest, UpstreamStatus } from './contract.ts'
import { saidOf } from './catalogue/findings.ts'
import { customHeaders, findWantingHeaders } from './custom-headers.ts'
import type { Elsewhere } from './elsewhere.ts'
import { Followed } from './followed.ts'
import { MAX_SOCKETS, MAX_SSE_CONNECTIONS } from './http/index.ts'
import { createInFlight, type InFlight } from './in-flight.ts'
import { inTime } from './in-time.ts'
import { Lists, type ListsOptions } from './lists.ts'
import { withoutSecrets } from './without-secrets.ts'

export interface UpstreamDeps extends Pick<ListsOptions, 'readCatalogue' | 'remembered'> {
  elsewhere: Pick<Elsewhere, 'ask'>
  /** Whether there still is such a person, who may sign in. */
  isHere(userId: string): Promise<boolean>
  openTransport(settings: UpstreamSettings, caller: UpstreamCaller | undefined, kind: TransportKind): Transport
  /** What a process that everybody shares is told of a caller. */
  identityMeta(caller: UpstreamCaller): Record<string, unknown>
  log: FastifyBaseLogger
  onChange(change: UpstreamChange): void
  onCall(call: UpstreamCall): void
}

/** The connection of this server itself, which reads the lists. Where all share one, it is theirs as well. */
const OWN = ''
const MAX_CONNECTIONS = 1_000
/** Sessions at an HTTP server cost it little. */
const HTTP_IDLE_MS = 300_000
/** Requests that are not answered yet. */
const MAX_IN_FLIGHT = 200
const MAX_IN_FLIGHT_OF_PERSON = 20

export class ConfiguredUpstream implements Upstream {
  readonly settings: UpstreamSettings
  readonly #deps: UpstreamDeps
  readonly #log: FastifyBaseLogger
  readonly #waiting: Waiting = new Map()
  readonly #inFlight: InFlight
  readonly #followed: Followed
  readonly #pool: Pool
  readonly #lists: Lists
  #dialect: Dialect | undefined
  #wantingHeaders: ReturnType<typeof findWantingHeaders> = new Map()

  constructor (settings: UpstreamSettings, deps: UpstreamDeps) {
    const { name, target } = settings
    this.settings = settings
    this.#deps = deps
    this.#log = deps.log.child({ upstream: name })
    this.#inFlight = createInFlight(MAX_IN_FLIGHT, MAX_IN_FLIGHT_OF_PERSON, target.kind === 'http' ? MAX_SOCKETS : MAX_IN_FLIGHT)
    this.#pool = new Pool({
      upstream: name,
      idleMs: target.kind === 'command' ? target.idleSeconds * 1000 : HTTP_IDLE_MS,
      max: () => (this.#dialect?.kind === 'sse' ? MAX_SSE_CONNECTIONS : MAX_CONNECTIONS),
      isHere: deps.isHere,
      stays: (key) => key === OWN && target.kind === 'http',
      isFollowed: (key) => target.kind === 'http' && this.#followed.has(key),
      open: (key, caller, onEnd, signal) => this.#open(key, caller, onEnd, signal)
    })
    this.#followed = new Followed((uri, user) => deps.onChange({ kind: 'resource', upstream: name, uri, user }), deps.isHere)
    this.#lists = new Lists({
      ...deps,
      settings,
      log: this.#log,
      connection: async () => await this.#pool.get(OWN, undefined),
      drop: (connection) => this.#pool.drop(OWN, connection),
      onChange: () => {
        this.#wantingHeaders = findWantingHeaders(this.catalogue.tools)
        deps.onChange({ kind: 'lists', upstream: name })
      }
    })
  }

  get catalogue () { return this.#lists.catalogue }
  get looked () { return this.#lists.looked }

  status (): UpstreamStatus {
    const [pool, { name }] = [this.#pool, this.settings]
    const fault = pool.fault?.message
    const state = pool.size > 0 ? 'ready' : fault !== undefined ? 'failing' : 'idle'
    const findings = [this.#log, this.#deps.log].flatMap((log) => saidOf(log, name))
    return { name, state, fault, since: pool.since, findings, connections: pool.size, protocolVersion: pool.some?.protocolVersion }
  }

  async request (asked: UpstreamRequest, exchange: Exchange): Promise<Answered> {
    const startedAt = performance.now()
    const tell = (outcome: UpstreamCall['outcome']) =>
      this.#deps.onCall({ upstream: this.settings.name, method: asked.method, outcome, ms: performance.now() - startedAt })
    const leave = this.#inFlight.enter(exchange.caller?.id, exchange.site)
    try {
      if (!leave) throw this.#error('busy', 'as many requests as it may have are open')
      const answered = await this.#send(asked, exchange)
      this.#lists.used()
      tell('ok')
      return answered
    } catch (error) {
      if (error instanceof UpstreamError && error.fault === 'unreachable') this.#lists.wasAway()
      // What the upstream refused, it answered.
      tell(error instanceof UpstreamError ? error.fault : 'ok')
      throw error
    } finally {
      leave?.()
    }
  }

  async subscribe (...[uri, caller, site = '', mayBegin]: Parameters<Upstream['subscribe']>): Promise<void> {
    const [key, holder] = [this.#keyOf(caller), caller?.id ?? `site ${site}`]
    const isDone = await this.#followed.inTurn(holder, async () => {
      if (!this.#followed.has(key, uri)) await (await this.#connection(key, caller)).following.subscribe(uri)
      const ended = this.#followed.add(key, uri, holder)
      if (ended.length > 0) await (await this.#connection(key, caller)).following.unsubscribe(ended)
    }, mayBegin)
    if (!isDone) throw this.#error('busy', 'one caller asked to follow more at once than may wait')
  }

  /** @returns undefined where the request is not open here. Rejects for one of somebody else. */
  resume (state: string, exchange: Exchange): Promise<Answered> | undefined {
    const held = this.#waiting.get(state)
    if (!held) return undefined
    if (held.conversation.caller === exchange.caller?.id) return held.connection.listen(held.conversation, exchange)
    return Promise.reject(this.#error('ended', 'the request that waited for an answer is not theirs'))
  }

  /** Offers what was seen last, and reads the lists; nobody has to wait for that. */
  start (): Promise<void> { return this.#lists.start() }

  async restart (): Promise<void> {
    this.#dialect = undefined
    await this.#pool.restart()
    await this.#lists.look()
  }

  async close (): Promise<void> {
    this.#lists.close()
    this.#followed.close()
    for (const { conversation } of this.#waiting.values()) conversation.end('the server is closing')
    await this.#pool.close()
  }

  /**
   * Whose connection a request takes. A connection speaks for one caller, so whatever it says of them is part of the key:
   * with other groups they get another. Of 2026-07-28 nothing is kept between requests that tells people apart.
   */
  #keyOf (caller: UpstreamCaller | undefined): string {
    if (!caller) return OWN
    const { target, identity } = this.settings
    const { id, email, name, groups, clientId } = caller
    if (target.kind === 'command' ? target.process === 'shared' : identity === 'none' && this.#dialect?.era === 'modern') {
      return OWN
    }
    if (target.kind === 'http' && identity === 'none') return id
    return JSON.stringify([id, email, name, groups, identity === 'token' && clientId])
  }

  /** The one that all share speaks for nobody. */
  #connection (key: string, caller: UpstreamCaller | undefined): OpenConnection | Promise<OpenConnection> {
    return this.#pool.get(key, key === OWN ? undefined : caller)
  }

  async #open (
    key: string,
    person: UpstreamCaller | undefined,
    onEnd: (why?: Error) => void,
    signal: AbortSignal
  ): Promise<OpenConnection> {
    const { settings } = this
    const { connection, dialect } = await connect({
      settings,
      dialect: this.#dialect,
      openTransport: (kind) => this.#deps.openTransport(settings, person, kind),
      isPersonal: person !== undefined,
      mayAsk: !(settings.target.kind === 'command' && settings.target.process === 'shared'),
      onListChanged: key === OWN ? () => this.#lists.lookSoon() : undefined,
      onResourceUpdated: (uri) => this.#followed.changed(key, uri, person?.id),
      signal,
      onEnd: (why) => {
        onEnd(why)
        if (key === OWN) this.#lists.lookLater()
      },
      waiting: this.#waiting,
      log: this.#log
    }).catch((error: unknown) => {
      // It may have been renewed, and speak another one.
      if (this.#dialect?.era === 'legacy') this.#dialect = undefined
      throw error
    })
    this.#dialect = dialect
    this.#followed.again(key, (uri) => connection.following.subscribe(uri)).then((refused) => {
      if (refused) this.#log.warn(`changes of a resource are not told any more: ${withoutSecrets(refused.message, settings.secrets)}`)
    })
    if (key === OWN) this.#lists.cameBack()
    return connection
  }

  async #send (asked: UpstreamRequest, exchange: Exchange): Promise<Answered> {
    const { caller, retry, signal } = exchange
    const here = retry && this.resume(retry.state, exchange)
    if (here) return await here
    const there = await this.#resumeElsewhere(exchange)
    if (there) return there
    const key = this.#keyOf(caller)
    const startedAt = performance.now()
    const late = (message: string) => this.#error('timeout', message)
    for (let attempt = 1; ; attempt++) {
      const opened = this.#connection(key, caller)
      const connection = opened instanceof Promise ? await inTime(opened, signal, this.settings.timeoutMs, late) : opened
      try {
        return await connection.request(asked, exchange, this.#optionsOf(asked, exchange, startedAt))
      } catch (error) {
        if (!(error instanceof UpstreamError)) throw error
        if (error.fault === 'ended') this.#lists.wasAway()
        this.#pool.noteFault(key, connection, error)
        // Of a session that the upstream has forgotten nothing has happened yet.
        if (error.fault !== 'ended' || error.wasSent || attempt > 1) throw error
      }
    }
  }

  async #resumeElsewhere ({ retry, caller, signal }: Exchange): Promise<Answered | undefined> {
    if (!retry || !isHeldOpen(retry.state)) return undefined
    return await this.#deps.elsewhere.ask({ upstream: this.settings.name, caller, ...retry }, signal, this.settings.timeoutMs)
  }

  #optionsOf ({ method, params }: UpstreamRequest, { caller, meta }: Exchange, startedAt: number): RequestExtras {
    const { target, timeoutMs } = this.settings
    const isToldOfCaller = caller && target.kind === 'command' && target.process === 'shared'
    const schema = method === 'tools/call' ? this.#wantingHeaders.get(params['name']) : undefined
    return {
      timeoutMs,
      spentMs: performance.now() - startedAt,
      meta: { ...meta, ...(isToldOfCaller && this.#deps.identityMeta(caller)) },
      headers: schema && customHeaders(schema, params['arguments'])
    }
  }

  #error (fault: UpstreamFault, message: string): UpstreamError {
    return new UpstreamError(this.settings.name, fault, message, { wasSent: false })
  }
}
