// One connection's end of a stream of events: written as the client reads, kept alive while it is silent, and let go
// when the client does not read (MCP "Streamable HTTP").
import { PassThrough, type Readable } from 'node:stream'

export const SSE_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no'
}
/** Milliseconds between two signs of life; proxies close what is silent. */
const KEEP_ALIVE_MS = 15_000
/** Milliseconds a client is told to wait before it comes back. */
const RETRY_MS = 1_000
/** Bytes that a client may be behind when something more comes; it can come back for what it missed. */
const MAX_UNREAD_BYTES = 256 * 1024
/** For reading the last of a stream. */
const CLOSE_WITHIN_MS = 120_000

export interface SseConnection {
  readable: Readable
  write(id: string, data: string): void
  end(): void
}

/** @param onClose when the client is gone or the stream has ended. */
export function openSseConnection (onClose: () => void): SseConnection {
  const readable = new PassThrough()
  const write = (text: string) => {
    if (!readable.writable) return
    if (readable.readableLength + readable.writableLength > MAX_UNREAD_BYTES) readable.destroy()
    else readable.write(text)
  }
  const keepAlive = setInterval(() => write(': keep-alive\n\n'), KEEP_ALIVE_MS).unref()
  let lastWait: NodeJS.Timeout | undefined
  readable.once('close', () => {
    clearInterval(keepAlive)
    clearTimeout(lastWait)
    onClose()
  })
  return {
    readable,
    // The first event of a stream is empty: it only brings an id to come back with.
    write: (id, data) =>
      write(data === '' ? `id: ${id}\nretry: ${RETRY_MS}\ndata: \n\n` : `id: ${id}\nevent: message\ndata: ${data}\n\n`),
    end () {
      if (!readable.writable) return
      readable.end()
      lastWait = setTimeout(() => readable.destroy(), CLOSE_WITHIN_MS).unref()
    }
  }
}

/** Versions before this one have clients that cannot read an event without data. */
export const knowsEmptyEvents = (version: string): boolean => version >= '2025-11-25'
