// The connections to one upstream: one for each key, opened when first needed, shared by requests at the same time, ended
// when nobody uses it, and after a failure opened again with growing pauses.
// Tested in test/plugins/upstreams/upstream.test.ts.
import { UpstreamError, type UpstreamCaller, type UpstreamFault } from '../contract.ts'
import type { OpenConnection } from './connection.ts'

interface Slot {
  /** Whom the connection speaks for. */
  readonly person: string | undefined
  opening?: Promise<OpenConnection> | undefined
  connection?: OpenConnection | undefined
  /** Times are milliseconds that no setting of the clock moves. */
  usedAt: number
  openedAt: number
  /** Attempts in a row that failed, or ended by themselves soon after. */
  failures: number
  /** When it failed first since it was open. */
  failingSince?: number | undefined
  /** Before it, the last failure is the answer. */
  retryAt: number
  /** When another connection took the place of one that refused a request. */
  renewedAt?: number
  error?: Error | undefined
  /** Whether what is still opening is of no use any more. */
  isEnded?: true
}

export interface PoolOptions {
  upstream: string
  /**
   * @param onEnd for a connection that ends by itself, with the reason if there is one.
   * @param signal aborted when nobody waits any more.
   */
  open(key: string, caller: UpstreamCaller | undefined, onEnd: (why?: Error) => void, signal: AbortSignal): Promise<OpenConnection>
  /** Milliseconds without a request. */
  idleMs: number
  /** Whether there still is such a person, who may sign in. */
  isHere(userId: string): Promise<boolean>
  /** Whether a connection stays open while nobody uses it. */
  stays(key: string): boolean
  /** Whether changes of a resource are to be told over it. */
  isFollowed(key: string): boolean
  max(): number
}

const MIN_PAUSE_MS = 1_000
const MAX_PAUSE_MS = 60_000
/**
 * Connections of one person, who has one for each app where the upstream is told which one calls: each may hold a stream there,
 * and those are few.
 */
const MAX_OF_PERSON = 10
const MIN_MS_BETWEEN_RENEWALS = 30_000
/** Without a request; who follows something waits, and may have gone. */
const FOLLOWED_IDLE_MS = 3_600_000
/** With more connections, who follows something waits as long as others: each may hold one of 256 streams. */
const MAX_FOLLOWED = 128
/** A connection that has lasted this long was a good one. */
const GOOD_AFTER_MS = 10_000

const newSlot = (person: string | undefined): Slot => ({ person, usedAt: 0, openedAt: 0, failures: 0, retryAt: 0 })

export class Pool {
  readonly #options: PoolOptions
  readonly #slots = new Map<string, Slot>()
  readonly #sweep: NodeJS.Timeout
  readonly #closing = new AbortController()

  constructor (options: PoolOptions) {
    this.#options = options
    this.#sweep = setInterval(() => this.#lookThrough(), Math.min(Math.max(options.idleMs / 4, 250), 30_000)).unref()
  }

  get size (): number {
    return [...this.#slots.values()].filter(({ connection }) => connection).length
  }

  /** Why the last attempt failed, as long as nothing is open. */
  get fault (): Error | undefined {
    return this.size > 0 ? undefined : [...this.#slots.values()].findLast(({ error }) => error)?.error
  }

  /** Since when one is open, or none could be opened; in seconds since the epoch. */
  get since (): number | undefined {
    const slots = [...this.#slots.values()]
    const open = slots.filter(({ connection }) => connection).map(({ openedAt }) => openedAt)
    const times = open.length > 0 ? open : slots.flatMap(({ failingSince }) => failingSince ?? [])
    return times.length > 0 ? Math.floor((performance.timeOrigin + Math.min(...times)) / 1000) : undefined
  }

  /** One that is open. */
  get some (): OpenConnection | undefined {
    return [...this.#slots.values()].find(({ connection }) => connection)?.connection
  }

  /**
   * @throws UpstreamError 'busy' for too many; the last failure, as long as the pause after
   * it.
   */
  get (key: string, caller: UpstreamCaller | undefined): OpenConnection | Promise<OpenConnection> {
    const slot = this.#slots.get(key) ?? this.#add(key, caller?.id)
    slot.usedAt = performance.now()
    if (slot.connection) return slot.connection
    if (slot.opening) return slot.opening
    if (slot.error && performance.now() < slot.retryAt) return Promise.reject(slot.error)
    slot.opening = this.#open(key, caller, slot)
    return slot.opening
  }

  /** What a request that failed says of its connection: where the upstream keeps nothing of it, that it may have been renewed. */
  noteFault (key: string, connection: OpenConnection, { fault, wasSent }: UpstreamError): void {
    if (fault === 'ended' && !connection.isStateless) this.drop(key, connection)
    else if (fault === 'ended' || (fault === 'failed' && !wasSent)) this.renew(key, connection)
  }

  /**
   * Forgets a connection that is of no use any more. What others have asked of it may still be
   * answered.
   */
  drop (key: string, connection: OpenConnection): void {
    const slot = this.#slots.get(key)
    if (slot?.connection === connection) this.#slots.delete(key)
    connection.retire()
  }

  /**
   * Has another one take its place: the upstream has refused a request, and may have been renewed. Mostly it is the fault of
   * who asked, and to open one reads lists and follows resources again, so that it is done once in a while.
   */
  renew (key: string, connection: OpenConnection): void {
    const slot = this.#slots.get(key)
    if (slot?.connection !== connection || performance.now() - (slot.renewedAt ?? -Infinity) < MIN_MS_BETWEEN_RENEWALS) return
    this.drop(key, connection)
    this.#slots.set(key, { ...newSlot(slot.person), usedAt: slot.usedAt, renewedAt: performance.now() })
  }

  async close (): Promise<void> {
    this.#closing.abort(this.#error('ended', 'the server is closing'))
    clearInterval(this.#sweep)
    await this.restart()
  }

  /** Ends all connections, and forgets failures: whoever comes next opens one. */
  async restart (): Promise<void> {
    const slots = [...this.#slots.values()]
    this.#slots.clear()
    await Promise.allSettled(slots.map(async ({ connection, opening }) => await (connection ?? (await opening))?.close()))
  }

  async #open (key: string, caller: UpstreamCaller | undefined, slot: Slot): Promise<OpenConnection> {
    try {
      const connection = await this.#options.open(key, caller, (why) => this.#ended(key, slot, why), this.#closing.signal)
      const isClosing = this.#closing.signal.aborted
      if (isClosing || slot.isEnded) {
        await connection.close()
        throw this.#error('ended', isClosing ? 'the server is closing' : 'the person has been locked or deleted')
      }
      Object.assign(slot, { connection, openedAt: performance.now(), error: undefined, failingSince: undefined })
      return connection
    } catch (error) {
      this.#failed(slot, error as Error)
      throw error
    } finally {
      slot.opening = undefined
    }
  }

  /** By itself. One that never lasts is not opened for each request. */
  #ended (key: string, slot: Slot, why: Error | undefined): void {
    const { connection, openedAt } = slot
    if (connection === undefined || this.#slots.get(key) !== slot) return
    slot.connection = undefined
    if (performance.now() - openedAt >= GOOD_AFTER_MS) this.#slots.delete(key)
    else this.#failed(slot, this.#error('unreachable', `it ends soon after it starts${why ? `: ${why.message}` : ''}`))
  }

  /** The first time it may be tried again at once. */
  #failed (slot: Slot, error: Error): void {
    slot.error = error
    slot.failingSince ??= performance.now()
    slot.retryAt = performance.now() + (slot.failures === 0 ? 0 : Math.min(MIN_PAUSE_MS * 2 ** slot.failures, MAX_PAUSE_MS))
    slot.failures++
  }

  #add (key: string, person: string | undefined): Slot {
    const all = [...this.#slots]
    const own = person === undefined ? [] : all.filter(([, slot]) => slot.person === person)
    if (own.length >= MAX_OF_PERSON && !this.#endOldest(own)) {
      throw this.#error('busy', `the person has as many connections as one may have: ${MAX_OF_PERSON}`)
    }
    const max = this.#options.max()
    if (this.#slots.size >= max && !this.#endOldest(all)) {
      throw this.#error('busy', `as many connections as it may have are open: ${max}`)
    }
    const slot = newSlot(person)
    this.#slots.set(key, slot)
    return slot
  }

  #error (fault: UpstreamFault, message: string): UpstreamError {
    return new UpstreamError(this.#options.upstream, fault, message, { wasSent: false })
  }

  #lookThrough (): void {
    this.#endIdle()
    for (const [key, slot] of this.#slots) if (slot.person !== undefined) this.#endOfLeaver(key, slot, slot.person)
  }

  /** Who has been locked or deleted has no process, even one that nobody asks any more. */
  async #endOfLeaver (key: string, slot: Slot, person: string): Promise<void> {
    // While storage does not answer, everybody stays.
    const isHere = await this.#options.isHere(person).catch(() => true)
    if (!isHere && this.#slots.get(key) === slot) this.#end(key, slot)
  }

  #endIdle (): void {
    const { idleMs, isFollowed } = this.#options
    for (const [key, slot] of this.#slots) {
      const isWaiting = this.#slots.size <= MAX_FOLLOWED && isFollowed(key)
      const before = performance.now() - (isWaiting ? Math.max(idleMs, FOLLOWED_IDLE_MS) : idleMs)
      if (slot.usedAt < before && this.#isIdle(slot) && !(slot.connection && this.#options.stays(key))) this.#end(key, slot)
    }
  }

  /** @returns whether one of these was idle. */
  #endOldest (slots: ReadonlyArray<[key: string, slot: Slot]>): boolean {
    const idle = slots.filter(([key, slot]) => this.#isIdle(slot) && !this.#options.stays(key))
    const oldest = idle.sort(([, a], [, b]) => a.usedAt - b.usedAt)[0]
    if (oldest) this.#end(...oldest)
    return oldest !== undefined
  }

  #isIdle ({ opening, connection }: Slot): boolean {
    return opening === undefined && (connection?.inFlight ?? 0) === 0
  }

  #end (key: string, slot: Slot): void {
    this.#slots.delete(key)
    slot.isEnded = true
    slot.connection?.close().catch(() => {})
  }
}
