// The connections of the HTTP server: never more than the process has file handles for, and none that keeps it from
// ending (RFC 9112 §9.5, §9.6).
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config/index.ts'

/** A connection that has just been made, or just been answered, may be about to ask: it gets this long. */
const MAX_SILENCE_MS = 200
/** A body that was still arriving when the server began to close gets this long. */
const MAX_UPLOAD_MS = 2_000
/**
 * Whatever is unanswered by then, for example because nobody reads the answer, is cut off. The process ends by force a
 * little later.
 */
const MAX_CLOSING_MS = 8_000
const LOOK_EVERY_MS = 50
/** File handles that are left for everything else: databases, Redis, Postgres, workers, documents, look-ups. */
const RESERVED_HANDLES = 256
const KEEP_ALIVE_MS = 72_000
const MAX_HEADER_BYTES = 32 * 1024
const MIN_MS_BETWEEN_WARNINGS = 60_000

type Log = { warn(message: string): void }

interface Connection {
  /** Requests that are being answered. */
  running: number
  /** The last of them. */
  request?: IncomingMessage
  silentSince: number
}

/**
 * Seconds until a half-sent head, and a half-sent request, is dropped. Node's own default keeps the latter for five
 * minutes.
 */
type Timeouts = Pick<Config, 'headersTimeout' | 'requestTimeout'>

/** Counts the connections of every server it makes, and ends them. */
export class Connections {
  readonly #open = new Map<Socket, Connection>()
  readonly #maxHandles: number
  #isClosing = false
  #looking: NodeJS.Timeout | undefined

  /** @param maxHandles how many files and sockets the process may have open, as {@link maxFileHandles} says. */
  constructor (maxHandles = maxFileHandles()) {
    this.#maxHandles = maxHandles
  }

  createServer (handler: RequestListener, { headersTimeout, requestTimeout }: Timeouts, log: () => Log): Server {
    const server = createServer(
      {
        headersTimeout: headersTimeout * 1000,
        requestTimeout: requestTimeout * 1000,
        connectionsCheckingInterval: Math.min(5, headersTimeout) * 1000,
        keepAliveTimeout: KEEP_ALIVE_MS,
        maxHeaderSize: MAX_HEADER_BYTES
      },
      handler
    )
    const maxConnections = maxConnectionsFor(this.#maxHandles)
    // Without this the process would take connections until it can open nothing else, not even its own database.
    if (maxConnections !== Infinity) server.maxConnections = maxConnections
    // A connection that could not be taken, for want of a handle. What keeps it from listening at all is told to
    // whoever asked it to.
    server.on('error', (error) => {
      if (server.listening) log().warn(`a connection could not be taken: ${error.message}`)
    })
    server.on('connection', (socket) => this.#remember(socket))
    server.on('request', (request, response) => this.#follow(request, response))
    let warnedAt = -Infinity
    server.on('drop', () => {
      if (performance.now() - warnedAt < MIN_MS_BETWEEN_WARNINGS) return
      warnedAt = performance.now()
      log().warn(
        `connections are refused: ${maxConnections} are open, and the limit of open files (ulimit -n) is ${this.#maxHandles}. Raise it: docs/operations.md`
      )
    })
    return server
  }

  /** Lets connections end when the app closes. */
  closeWith (app: FastifyInstance): void {
    app.addHook('preClose', async () => this.beginClosing(app.log))
    app.addHook('onClose', async () => this.endClosing())
  }

  /** From now on silent connections are ended at once, and each other one after its answer. */
  beginClosing (log: Log): void {
    this.#isClosing = true
    const began = performance.now()
    this.#looking = setInterval(() => {
      const now = performance.now()
      const isOver = now - began > MAX_CLOSING_MS
      if (isOver && this.#open.size > 0) { log.warn(`${this.#open.size} connections are cut off: their answers were not finished in time`) }
      for (const [socket, connection] of this.#open) if (isOver || mayGo(connection, now, began)) socket.destroy()
    }, LOOK_EVERY_MS).unref()
  }

  endClosing (): void {
    clearInterval(this.#looking)
  }

  #remember (socket: Socket): void {
    this.#open.set(socket, { running: 0, silentSince: performance.now() })
    socket.once('close', () => {
      this.#open.delete(socket)
    })
  }

  #follow (request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request
    const connection = this.#open.get(socket)
    if (!connection) return
    connection.running++
    connection.request = request
    response.once('close', () => {
      connection.running--
      connection.silentSince = performance.now()
      if (this.#isClosing && connection.running === 0) socket.destroySoon()
    })
  }
}

const mayGo = ({ running, request, silentSince }: Connection, now: number, began: number): boolean =>
  running === 0 ? now - silentSince > MAX_SILENCE_MS : !request!.complete && now - began > MAX_UPLOAD_MS

/** At least half of a small limit is left for everything else. */
export const maxConnectionsFor = (maxHandles: number): number =>
  Math.max(maxHandles - RESERVED_HANDLES, Math.floor(maxHandles / 2))

/** The process's limit of open files (`ulimit -n`); `Infinity` where there is none. */
export function maxFileHandles (): number {
  // Without it each network interface is looked up by name.
  Object.assign(process.report, { excludeNetwork: true })
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft: number | 'unlimited' } } }
  const limit = userLimits?.open_files?.soft
  return typeof limit === 'number' ? limit : Infinity
}
