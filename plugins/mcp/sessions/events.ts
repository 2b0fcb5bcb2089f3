// Streams of events in a session: each event has an id and is kept for a while, so that a client whose connection broke goes on where it stopped, on any instance (MCP 2025-11-25 "Resumability and Redelivery").
import { PassThrough, type Readable } from 'node:stream'
import type { JSONRPCMessage } from '@modelcontextprotocol/server'
import { z } from 'zod'
import type { Storage } from '../../storage/contract.ts'
import { randomSecret, type Sealing } from '../../storage/sealing.ts'
import type { Bus } from '../bus.ts'

export const EVENTS = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no' }
/** Milliseconds between two signs of life; proxies close what is silent. */
const KEEP_ALIVE = 15_000
/** Milliseconds a client shall wait before it comes back. */
const RETRY = 1_000
/** Seconds that events of a stream can be asked for again. */
const KEPT_FOR = 600
const PURPOSE = 'mcp event'
/** Events of one stream that are kept: the answer is the last, and of what came before a client needs the newest. */
const MOST_KEPT = 100

/** One connection's end of a stream. */
export interface Line {
  readable: Readable
  write (id: string, data: string): void
  end (): void
}

/** @param onClose when the client is gone or the stream has ended. */
export function openLine (onClose: () => void): Line {
  const readable = new PassThrough()
  const timer = setInterval(() => { readable.write(': keep-alive\n\n') }, KEEP_ALIVE)
  readable.once('close', () => {
    clearInterval(timer)
    onClose()
  })
  return {
    readable,
    // The first event of a stream is empty: it only brings an id to come back with.
    write (id, data) { if (readable.writable) readable.write(data === '' ? `id: ${id}\nretry: ${RETRY}\ndata: \n\n` : `id: ${id}\nevent: message\ndata: ${data}\n\n`) },
    end () { if (readable.writable) readable.end() }
  }
}

/** Versions before this one have clients that cannot read an event without data. */
export const knowsEmptyEvents = (version: string): boolean => version >= '2025-11-25'

/** The last events, each sealed; `before` is how many there were before them. */
interface StoredStream { session: string, before: number, events: string[], over: boolean }

/** The stream of one request. */
export interface RequestStream {
  /** Sends to the client, if it is there, and keeps the event. */
  send (message: JSONRPCMessage): void
  /** No more is coming. */
  end (): void
}

export interface RequestStreams {
  open (session: string, line: Line, priming: boolean): RequestStream
  /** Goes on after an event, on another connection. @returns undefined if there is no such stream in this session. */
  resume (session: string, eventId: string, line: Line): Promise<(() => void) | undefined>
}

export function createRequestStreams (storage: Storage, sealing: Sealing, bus: Bus, log: { warn (details: object, message: string): void }): RequestStreams {
  const streams = storage.collection<StoredStream>('mcpStream')
  const topic = (id: string) => `stream ${id}`

  return {
    open (session, line, priming) {
      const id = randomSecret(16)
      const stored: StoredStream = { session, before: 0, events: [], over: false }
      const sofar = () => stored.before + stored.events.length + Number(stored.over)
      if (priming) line.write(`${id}.0`, '')
      let keeping: Promise<void> | undefined
      const keep = async () => {
        // Whatever came while the last write was on its way goes with the next one.
        for (let kept = -1; kept < sofar();) {
          kept = sofar()
          await streams.put(id, { ...stored, events: [...stored.events] }, KEPT_FOR).catch((err: unknown) => log.warn({ err }, 'an event could not be kept for a stream that breaks'))
          bus.publish(topic(id), null)
        }
        keeping = undefined
      }
      // Before there is anything to send, so that a client whose connection breaks at once can come back.
      keeping = keep()
      return {
        send (message) {
          const data = JSON.stringify(message)
          stored.events.push(sealing.seal(PURPOSE, Buffer.from(data)))
          line.write(`${id}.${sofar()}`, data)
          if (stored.events.length > MOST_KEPT) {
            stored.events.shift()
            stored.before++
          }
          keeping ??= keep()
        },
        end () {
          stored.over = true
          line.end()
          keeping ??= keep()
        }
      }
    },
    async resume (session, eventId, line) {
      const [, id, after] = /^([A-Za-z0-9_-]{22})\.(\d{1,9})$/.exec(eventId) ?? []
      if (id === undefined || (await streams.find(id))?.session !== session) return undefined
      let sent = Number(after)
      let reading: Promise<void> | undefined
      const read = async () => {
        const stored = await streams.find(id)
        sent = Math.max(sent, stored?.before ?? 0)
        for (const event of stored?.events.slice(sent - stored.before) ?? []) {
          sent++
          const data = sealing.unseal(PURPOSE, event)
          if (data) line.write(`${id}.${sent}`, data.toString())
        }
        if (!stored || stored.over) line.end()
      }
      // One after the other, so that no event is written twice or out of order.
      const follow = () => { reading = (reading ?? Promise.resolve()).then(read).catch((err: unknown) => log.warn({ err }, 'a stream could not be resumed')) }
      const stop = bus.subscribe(topic(id), z.null(), follow)
      follow()
      return stop
    }
  }
}
