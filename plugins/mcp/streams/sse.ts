// Server-sent events for both protocol eras: written as the client reads, kept alive while nothing happens, and cut off
// when the client does not read (HTML "Server-sent events"; MCP "Streamable HTTP").
import { PassThrough, type Readable, type Writable } from 'node:stream'

export const SSE_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no'
}
/** How often a silent stream is written to; proxies close what is silent. */
export const KEEP_ALIVE_MS = 15_000
/** How long a client waits before it reconnects. */
const RETRY_MS = 1_000
/** How far a client may be behind when something more is written. */
const MAX_UNREAD_BYTES = 256 * 1024
/** For reading the rest of a stream that has ended, which may be one large answer. */
const CLOSE_WITHIN_MS = 120_000

/** Writes events to one client. After the end, or after the client has gone, writing does nothing. */
export class SseWriter {
  readonly #output: Writable
  #lastWait: NodeJS.Timeout | undefined

  constructor (output: Writable) {
    this.#output = output
    output.once('close', () => clearTimeout(this.#lastWait))
  }

  /**
   * @param data one line, such as JSON. Empty for the first event of a stream, which only brings an id.
   * @param id what a client that reconnects sends as Last-Event-ID.
   */
  write (data: string, id?: string): void {
    const name = id === undefined ? '' : `id: ${id}\n`
    this.#write(data === '' ? `${name}retry: ${RETRY_MS}\ndata: \n\n` : `${name}event: message\ndata: ${data}\n\n`)
  }

  keepAlive (): void {
    this.#write(': keep-alive\n\n')
  }

  /** @param events written elsewhere as this class writes them. */
  pass (events: Uint8Array): void {
    this.#write(events)
  }

  /** @param withinMs after which a client that has not read the rest is cut off. */
  end (withinMs: number): void {
    const output = this.#output
    if (output.writableEnded || output.destroyed) return
    output.end()
    this.#lastWait = setTimeout(() => output.destroy(), withinMs).unref()
  }

  #write (events: string | Uint8Array): void {
    const output = this.#output
    if (output.writableEnded || output.destroyed) return
    if (unreadBytes(output) > MAX_UNREAD_BYTES) output.destroy()
    else output.write(events)
  }
}

const unreadBytes = (output: Writable & { readableLength?: number }): number =>
  output.writableLength + (output.readableLength ?? 0)

/**
 * Passes a stream of events on without waiting for its reader. What is unread then lies in the connection, where all unread
 * answers are bounded together (plugins/connections.ts), and not out of sight in the SDK or a pipe.
 */
export function passEvents (events: Readable, output: Writable): void {
  const writer = new SseWriter(output)
  let hasEnded = false
  events.on('data', (bytes: Uint8Array) => writer.pass(bytes))
  events.once('end', () => {
    // One of the web that is destroyed says so too, and has not come to its end.
    if (events.destroyed) return
    hasEnded = true
    writer.end(CLOSE_WITHIN_MS)
  })
  events.once('error', () => output.destroy())
  events.once('close', () => { if (!hasEnded) output.destroy() })
}

/** A stream of events as the body of a response. */
export interface SseConnection {
  readable: Readable
  /** @param id only for what the client can resume after. */
  write(data: string, id?: string): void
  end(): void
}

/** @param onClose called once, when the client has disconnected or the stream has ended. */
export function openSseConnection (onClose: () => void): SseConnection {
  const readable = new PassThrough()
  const writer = new SseWriter(readable)
  const keepAlive = setInterval(() => writer.keepAlive(), KEEP_ALIVE_MS).unref()
  readable.once('close', () => {
    clearInterval(keepAlive)
    onClose()
  })
  return {
    readable,
    write: (data, id) => writer.write(data, id),
    end: () => writer.end(CLOSE_WITHIN_MS)
  }
}
