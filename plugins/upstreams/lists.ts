// The lists of one upstream, kept up to date: what was seen last is offered at once, and read again at the start, when the
// upstream says so, and whenever it has come back.
// Tested in test/plugins/upstreams/upstream.test.ts.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { UpstreamSettings } from '../../config/upstreams.ts'
import type { OpenConnection } from './connections/connection.ts'
import { UpstreamError, type Catalogue, type Connection } from './contract.ts'
import { describeOffer } from './describe.ts'
import { withoutSecrets } from './without-secrets.ts'

export interface ListsOptions {
  settings: UpstreamSettings
  connection(): Promise<OpenConnection>
  /** It has ended: the next one is another. */
  drop(connection: OpenConnection): void
  readCatalogue(connection: Connection, settings: UpstreamSettings, log: FastifyBaseLogger): Promise<Catalogue>
  remembered: Remembered
  log: FastifyBaseLogger
  onChange(): void
}

/** What was seen of an upstream, also before a restart. */
export interface Remembered {
  load(settings: UpstreamSettings): Promise<Catalogue | undefined>
  store(settings: UpstreamSettings, catalogue: Catalogue): Promise<void>
}

const NOTHING: Catalogue = { tools: [], prompts: [], templates: [], hasResources: false, instructions: undefined, uris: [] }
/** Doubled after each failure. One that was started together with this server is there soon. */
const MIN_PAUSE_MS = 500
const MAX_PAUSE_MS = 300_000
const CHANGE_PAUSE_MS = 500
/** Changes in a row that are read at once; after them, the pauses grow. */
const MAX_SOON = 5
const QUIET_MS = 60_000
/** With the next use after it, what is reached over HTTP is read again: nothing tells that such a server was renewed. */
const MAX_AGE_MS = 300_000

export class Lists {
  readonly #options: ListsOptions
  #catalogue = NOTHING
  #reading: Promise<void> | undefined
  #isOutdated = false
  #timer: NodeJS.Timeout | undefined
  #soon: NodeJS.Timeout | undefined
  #failures = 0
  /** How often it has said so without having been quiet in between. */
  #said = 0
  #saidAt = -Infinity
  #readAt = -Infinity
  /** Whether the log has said what it offers. */
  #isAnnounced = false
  readonly #looked = Promise.withResolvers<void>()
  #isClosed = false

  constructor (options: ListsOptions) {
    this.#options = options
  }

  get catalogue (): Catalogue {
    return this.#catalogue
  }

  /** Nobody has to wait for what is read now. */
  async start (): Promise<void> {
    const { remembered, settings, log } = this.#options
    try {
      const before = await remembered.load(settings)
      if (before) this.#offer(before)
    } catch (err) {
      log.warn({ err }, 'what this upstream offered before could not be read')
    }
    this.#looked.resolve(this.look())
  }

  /** When they were asked for once, with success or without. */
  get looked (): Promise<void> {
    return this.#looked.promise
  }

  /** Reads the lists now; after a failure again, with growing pauses. */
  async look (): Promise<void> {
    const { settings, log } = this.#options
    try {
      await this.#read()
      if (!this.#isAnnounced || this.#failures > 0) log.info(`the upstream ${settings.name} answers: ${describeOffer(this.#catalogue)}`)
      this.#isAnnounced = true
      this.#failures = 0
    } catch (error) {
      if (this.#isClosed) return
      if (this.#failures++ === 0) log.error(`the upstream ${settings.name} does not answer: ${withoutSecrets((error as Error).message, settings.secrets)}`)
      this.lookLater()
    }
  }

  /** The upstream said that they have changed; one that says so all the time is not read all the time. */
  lookSoon (): void {
    if (this.#isClosed || this.#soon) return
    const now = performance.now()
    this.#said = now - this.#saidAt > QUIET_MS ? 0 : this.#said + 1
    const pause = Math.min(CHANGE_PAUSE_MS * 2 ** Math.max(0, this.#said - MAX_SOON), QUIET_MS / 2)
    this.#saidAt = now + pause
    this.#soon = setTimeout(() => {
      this.#soon = undefined
      this.look()
    }, pause).unref()
  }

  /** Somebody has been answered. */
  used (): void {
    const now = performance.now()
    if (this.#options.settings.target.kind === 'command' || now - this.#readAt < MAX_AGE_MS) return
    this.#readAt = now
    this.lookSoon()
  }

  /** It was not there, and may come back with other lists. */
  wasAway (): void {
    this.#readAt = -Infinity
  }

  /** It has been opened, and may have been renewed since its lists were read. */
  cameBack (): void {
    if (!this.#reading) this.look()
  }

  /** A command is not started again for its lists alone once they are known. */
  lookLater (): void {
    const isKnownCommand = this.#options.settings.target.kind === 'command' && this.#catalogue !== NOTHING
    if (this.#isClosed || this.#timer || isKnownCommand) return
    const pause = Math.min(MIN_PAUSE_MS * 2 ** this.#failures, MAX_PAUSE_MS)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.look()
    }, pause).unref()
  }

  close (): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    clearTimeout(this.#soon)
  }

  /** A change meanwhile has them read once more. */
  async #read (): Promise<void> {
    if (this.#reading) {
      this.#isOutdated = true
      return await this.#reading
    }
    this.#reading = this.#readUntilCurrent()
    try {
      await this.#reading
    } finally {
      this.#reading = undefined
    }
  }

  async #readUntilCurrent (): Promise<void> {
    const { remembered, settings } = this.#options
    do {
      this.#isOutdated = false
      this.#readAt = performance.now()
      const found = await this.#readOnce()
      // Each of these steps goes through all of the lists, and others have a turn in between.
      await nextTurn()
      if (this.#isClosed) return
      if (JSON.stringify(found) !== JSON.stringify(this.#catalogue)) this.#offer(found)
      await nextTurn()
      // Also what is the same: what has not been seen for long is forgotten.
      await remembered.store(settings, found)
    } while (this.#isOutdated && !this.#isClosed)
  }

  /** Over another connection where the upstream has forgotten the session of this one. */
  async #readOnce (): Promise<Catalogue> {
    const { connection, drop, readCatalogue, settings, log } = this.#options
    for (let attempt = 1; ; attempt++) {
      const open = await connection()
      try {
        return await readCatalogue(open, settings, log)
      } catch (error) {
        if (!(error instanceof UpstreamError) || error.fault !== 'ended') throw error
        drop(open)
        if (error.wasSent || attempt > 1) throw error
      }
    }
  }

  #offer (catalogue: Catalogue): void {
    this.#catalogue = catalogue
    this.#options.onChange()
  }
}
