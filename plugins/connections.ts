// The connections of the HTTP server: never more than the process has file handles for, none that keeps others out, and
// none that keeps the server from ending (RFC 9112 §9.5, §9.6).
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config/index.ts'
import { createConnectionShares, MIN_IDLE_MS, type ConnectionShares } from './connection-shares.ts'
import { maxConnectionsFor, maxFileHandles } from './file-handles.ts'
import { createFindSlow, findLongHeads, type FindSlow } from './half-sent.ts'
import { SERVER_OPTIONS, takeRequests } from './pipelined.ts'

// Its import would load all that it exports: with fetch and WebSocket 14 MB more, and a tenth of the start.
const { createServer } = process.getBuiltinModule('node:http')

/** A body that was still arriving when the server began to close gets this long. */
const MAX_UPLOAD_MS = 2_000
/** A response that is not finished by then is cut off. The process ends by force a little later. */
const MAX_CLOSING_MS = 8_000
const CHECK_INTERVAL_MS = 50
const KEEP_ALIVE_MS = 72_000
const MAX_HEADER_BYTES = 32 * 1024
const MIN_MS_BETWEEN_WARNINGS = 60_000
/** Of all answers together that are written and not read. */
const MAX_UNREAD_BYTES = 128 * 1024 * 1024
const LOOK_INTERVAL_MS = 500
/**
 * Requests of one connection that are not answered: browsers and proxies have one at a time, and what comes in one packet is
 * begun in one turn of the event loop.
 */
export const MAX_PIPELINED = 8

type Log = { warn(message: string): void }

interface Connection {
  shares: ConnectionShares
  /** To requests that are being answered: the first goes out, and the others wait for it in memory. */
  running: Set<ServerResponse>
  /** The last request, until all of it is here, and when it began. */
  request?: IncomingMessage | undefined
  since: number
  idleSince: number
  /** Bytes that had come with the last request; what is beyond is the beginning of another head. */
  read: number
  /** Of such a head, when it was last looked for. */
  head: number
}

/**
 * The timeouts are seconds until a half-sent head, and a half-sent request, is dropped: Node's own default keeps the
 * latter for five minutes.
 */
type ServerOptions = Pick<Config, 'headersTimeout' | 'requestTimeout' | 'trustProxy' | 'clientIpHeader'>

/** Admits the connections of every server it makes, and ends them. */
export class Connections {
  readonly #open = new Map<Socket, Connection>()
  readonly #maxHandles: number
  #isClosing = false
  #closing: NodeJS.Timeout | undefined

  readonly #maxUnread: number

  /**
   * @param maxHandles how many files and sockets the process may have open: {@link maxFileHandles}.
   * @param maxUnread how many bytes may wait for clients to read them.
   */
  constructor (maxHandles = maxFileHandles(), maxUnread = MAX_UNREAD_BYTES) {
    this.#maxHandles = maxHandles
    this.#maxUnread = maxUnread
  }

  createServer (handler: RequestListener, options: ServerOptions, log: () => Log): Server {
    const { headersTimeout, requestTimeout } = options
    const server = createServer({
      headersTimeout: headersTimeout * 1000,
      requestTimeout: requestTimeout * 1000,
      connectionsCheckingInterval: Math.min(5, headersTimeout) * 1000,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      ...SERVER_OPTIONS
    })
    // Without a bound the process would take connections until it can open nothing else, not even its own database.
    const most = maxConnectionsFor(this.#maxHandles)
    const shares = createConnectionShares(most, options)
    const warn = createWarnings(log)
    takeRequests(server, handler, (request, response) => this.#follow(request, response), warn.pipelined)
    // An error before the server listens is thrown to its caller.
    server.on('error', (error) => {
      if (server.listening) log().warn(`a connection could not be taken: ${error.message}`)
    })
    server.on('connection', (socket) => {
      const refusal = shares.admit(socket)
      if (refusal === undefined) return this.#remember(socket, shares)
      socket.destroy()
      warn[refusal](most, this.#maxHandles)
    })
    const findSlow = createFindSlow(options)
    const looks = setInterval(() => {
      this.#endUnread(warn.unread)
      this.#endHalfSent(findSlow, warn.halfSent)
      this.#endLongHeads(warn.heads)
    }, LOOK_INTERVAL_MS).unref()
    server.once('close', () => clearInterval(looks))
    return server
  }

  /** Lets connections end when the app closes. */
  closeWith (app: FastifyInstance): void {
    app.addHook('preClose', async () => this.beginClosing(app.log))
    app.addHook('onClose', async () => this.endClosing())
  }

  /** From now on idle connections are ended at once, and every other one after its response. */
  beginClosing (log: Log): void {
    this.#isClosing = true
    const began = performance.now()
    this.#closing = setInterval(() => {
      const now = performance.now()
      const isLate = now - began > MAX_CLOSING_MS
      if (isLate && this.#open.size > 0) {
        log.warn(`${this.#open.size} connections are cut off: their answers were not finished in time`)
      }
      for (const [socket, connection] of this.#open) if (isLate || mayEnd(connection, now, began)) socket.destroy()
    }, CHECK_INTERVAL_MS).unref()
  }

  endClosing (): void {
    clearInterval(this.#closing)
  }

  /** Who asks for much and reads nothing must not fill the memory: those who left most unread go first. */
  #endUnread (warn: () => void): void {
    const unread = [...this.#open].map(([socket, connection]) => ({ socket, bytes: unreadBytes(socket, connection) }))
    let left = unread.reduce((sum, { bytes }) => sum + bytes, 0)
    if (left <= this.#maxUnread) return
    warn()
    for (const { socket, bytes } of unread.sort((a, b) => b.bytes - a.bytes)) {
      if (left <= this.#maxUnread) return
      left -= bytes
      socket.destroy()
    }
  }

  #endHalfSent (findSlow: FindSlow, warn: () => void): void {
    const arriving = []
    for (const [socket, connection] of this.#open) {
      const { request, since } = connection
      if (request && !request.complete) arriving.push({ socket, request, since })
      else if (request) {
        // Its head may take 200 KB, for as long as the connection stays (threat OW-27).
        connection.request = undefined
        connection.read = socket.bytesRead
      }
    }
    const slow = findSlow(arriving, performance.now())
    if (slow.length > 0) warn()
    for (const { socket } of slow) socket.destroy()
  }

  /** Of nobody is known who sends them: a head says so, behind a proxy. */
  #endLongHeads (warn: () => void): void {
    const heads = []
    for (const [socket, connection] of this.#open) {
      const before = connection.head
      if (connection.running.size > 0 || connection.request) connection.read = socket.bytesRead
      connection.head = socket.bytesRead - connection.read
      if (before > 0 && connection.head > 0) heads.push({ socket, bytes: connection.head })
    }
    const long = findLongHeads(heads)
    if (long.length > 0) warn()
    for (const { socket } of long) socket.destroy()
  }

  #remember (socket: Socket, shares: ConnectionShares): void {
    this.#open.set(socket, { shares, running: new Set(), since: 0, idleSince: performance.now(), read: 0, head: 0 })
    socket.once('close', () => {
      this.#open.delete(socket)
      shares.remove(socket)
    })
  }

  /** @returns false for one too many of a connection. */
  #follow (request: IncomingMessage, response: ServerResponse): boolean {
    const { socket } = request
    const connection = this.#open.get(socket)
    if (!connection) return true
    if (connection.running.size >= MAX_PIPELINED) return false
    connection.running.add(response)
    connection.request = request
    connection.since = performance.now()
    connection.shares.setIdle(socket, false)
    response.once('close', () => {
      connection.running.delete(response)
      connection.idleSince = performance.now()
      connection.read = socket.bytesRead
      if (connection.running.size > 0) return
      connection.shares.setIdle(socket, true)
      if (this.#isClosing) socket.destroySoon()
    })
    return true
  }
}

/** Refused connections are logged once a minute for each reason. */
function createWarnings (log: () => Log) {
  const atMostOncePerMinute = <About extends number[]>(describe: (...about: About) => string) => {
    let warnedAt = -Infinity
    return (...about: About) => {
      if (performance.now() - warnedAt < MIN_MS_BETWEEN_WARNINGS) return
      warnedAt = performance.now()
      log().warn(describe(...about))
    }
  }
  return {
    unread: atMostOncePerMinute(() => 'connections are ended: their clients ask for much and do not read it'),
    pipelined: atMostOncePerMinute(() => `connections are ended: more than ${MAX_PIPELINED} requests are sent on one before it has an answer`),
    halfSent: atMostOncePerMinute(() => 'requests are ended: one address sends many at once, and each slowly'),
    heads: atMostOncePerMinute(() => 'connections are ended: their clients send the heads of requests slowly, and much of them'),
    share: atMostOncePerMinute(
      (most: number, _handles: number) =>
        `connections of one address are refused: it holds its share of ${most}. If it is your proxy, name it in TRUST_PROXY: docs/operations.md`
    ),
    total: atMostOncePerMinute(
      (most: number, handles: number) =>
        `connections are refused: ${most} are open, and the limit of open files (ulimit -n) is ${handles}. Raise it: docs/operations.md`
    )
  }
}

/** Of the answer that goes out, the socket has what it wrote. */
const unreadBytes = (socket: Socket, { running }: Connection): number =>
  Math.max(socket.writableLength, [...running].reduce((sum, { writableLength }) => sum + writableLength, 0))

const mayEnd = ({ running, request, idleSince }: Connection, now: number, began: number): boolean =>
  running.size === 0 ? now - idleSince > MIN_IDLE_MS : request?.complete === false && now - began > MAX_UPLOAD_MS
