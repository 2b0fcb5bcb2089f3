// Streams of events in a session: each event has an id and is kept for a while, so that a client whose connection broke
// goes on where it stopped, on any instance (MCP 2025-11-25 "Resumability and Redelivery").
import { isJSONRPCErrorResponse, isJSONRPCResultResponse, type JSONRPCMessage } from '@modelcontextprotocol/server'
import { z } from 'zod'
import type { Clock } from '../../../clock.ts'
import type { Storage } from '../../storage/contract.ts'
import { randomSecret, type Sealing } from '../../secrets.ts'
import type { EventBus } from '../streams/event-bus.ts'
import { INTERNAL_ERROR } from '../json-rpc-error.ts'
import { createStoredBytes } from './stored-bytes.ts'
import type { SseConnection } from './sse-connection.ts'

/** Seconds that events of a stream can be asked for again. */
const RESUMABLE_SECONDS = 600
/** The same once a client had all of it: a connection may break with the last bytes on their way. */
const SENT_SECONDS = 10
const PURPOSE = 'mcp event'
/** Of one stream: the answer is the last event, and of what came before a client needs the newest. */
const MAX_EVENTS = 100
const MAX_STREAM_BYTES = 128 * 1024
/** A larger event is sent and not kept: a client that missed it asks again. */
const MAX_EVENT_BYTES = 64 * 1024

/** The last events, each sealed; `before` is how many there were before them. */
interface StoredStream {
  session: string
  before: number
  events: string[]
  over: boolean
}

/** The stream of one request. */
export interface ResumableStream {
  /** Sends to the client, if it is there, and keeps the event. */
  send(message: JSONRPCMessage): void
  /** No more is coming. */
  end(): void
  /** The connection is done. @param isSent whether all of it was written to the client. */
  closed(isSent: boolean): void
}

export interface ResumableStreams {
  /** @param person whom it counts for. */
  open(session: string, person: string, line: SseConnection, priming: boolean): ResumableStream
  /** Goes on after an event, on another connection. @returns undefined if there is no such stream in this session. */
  resume(session: string, eventId: string, line: SseConnection): Promise<(() => void) | undefined>
}

export interface StreamOptions {
  storage: Storage
  sealing: Sealing
  bus: EventBus
  now: Clock
  log: { warn(details: object, message: string): void }
}

const topic = (id: string) => `stream ${id}`

export function createResumableStreams (options: StreamOptions): ResumableStreams {
  const { storage, sealing, bus, now, log } = options
  const streams = storage.collection<StoredStream>('mcpStream')
  const bytes = createStoredBytes(now)

  /** What has to give way is deleted first, so that there is never more than the bound. */
  async function store (id: string, person: string, stream: StoredStream, seconds: number): Promise<void> {
    const gone = bytes.put(id, {
      session: stream.session,
      person,
      bytes: sizeOf(stream.events),
      until: now() + seconds
    })
    await Promise.all(gone.map((other) => streams.delete(other)))
    if (!gone.includes(id)) await streams.put(id, stream, seconds)
    bus.publish(topic(id), null)
  }

  return {
    open (session, person, line, priming) {
      const id = randomSecret(16)
      if (priming) line.write(`${id}.0`, '')
      const failed = (err: unknown) => log.warn({ err }, 'an event could not be kept for a stream that breaks')
      return new KeptStream(id, session, line, sealing, (stored, seconds) =>
        store(id, person, stored, seconds).catch(failed)
      )
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
          const data = event === '' ? undefined : sealing.unseal(PURPOSE, event)
          if (data) line.write(`${id}.${sent}`, data.toString())
        }
        if (!stored || stored.over) line.end()
      }
      // One after the other, so that no event is written twice or out of order.
      const follow = () => {
        reading = (reading ?? Promise.resolve())
          .then(read)
          .catch((err: unknown) => log.warn({ err }, 'a stream could not be resumed'))
      }
      const stop = bus.subscribe(topic(id), z.null(), follow)
      follow()
      return stop
    }
  }
}

class KeptStream implements ResumableStream {
  readonly #id: string
  readonly #line: SseConnection
  readonly #sealing: Sealing
  readonly #store: (stored: StoredStream, seconds: number) => Promise<void>
  readonly #stored: StoredStream
  #isLost = false
  #changes = 0
  #isKeeping = false

  /** @param store never rejects. */
  constructor (
    id: string,
    session: string,
    line: SseConnection,
    sealing: Sealing,
    store: (stored: StoredStream, seconds: number) => Promise<void>
  ) {
    this.#id = id
    this.#line = line
    this.#sealing = sealing
    this.#store = store
    this.#stored = { session, before: 0, events: [], over: false }
    // Before there is anything to send, so that a client whose connection breaks at once can come back.
    this.#changed()
  }

  send (message: JSONRPCMessage): void {
    const { events } = this.#stored
    const data = JSON.stringify(message)
    events.push(sealEvent(message, data, this.#sealing))
    this.#line.write(`${this.#id}.${this.#stored.before + events.length}`, data)
    while (events.length > MAX_EVENTS || sizeOf(events) > MAX_STREAM_BYTES) {
      events.shift()
      this.#stored.before++
    }
    this.#changed()
  }

  end (): void {
    this.#stored.over = true
    this.#line.end()
    this.#changed()
  }

  closed (isSent: boolean): void {
    if (isSent) return
    this.#isLost = true
    if (this.#stored.over) this.#changed()
  }

  #changed (): void {
    this.#changes++
    if (!this.#isKeeping) {
      this.#keep().catch(() => {
      /* storing says itself what went wrong */
      })
    }
  }

  async #keep (): Promise<void> {
    this.#isKeeping = true
    // Whatever came while the last write was on its way goes with the next one.
    for (let kept = -1; kept < this.#changes;) {
      kept = this.#changes
      const seconds = this.#stored.over && !this.#isLost ? SENT_SECONDS : RESUMABLE_SECONDS
      await this.#store({ ...this.#stored, events: [...this.#stored.events] }, seconds)
    }
    this.#isKeeping = false
  }
}

/** Sealed texts are ASCII. */
const sizeOf = (events: readonly string[]): number => events.reduce((sum, { length }) => sum + length, 0)

/** @returns '' for what is not kept; in place of an answer that is too large its client is told to ask again. */
function sealEvent (message: JSONRPCMessage, data: string, sealing: Sealing): string {
  if (Buffer.byteLength(data) <= MAX_EVENT_BYTES) return sealing.seal(PURPOSE, Buffer.from(data))
  if (!isJSONRPCResultResponse(message) && !isJSONRPCErrorResponse(message)) return ''
  const text =
    'The connection broke, and this answer is too large to be kept: send the request again. If it changes something, look first whether it was done.'
  return sealing.seal(
    PURPOSE,
    Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: message.id, error: { code: INTERNAL_ERROR, message: text } }))
  )
}
