// All event streams of sessions: opens them, bounds what they store, and replays one on another connection, on any
// instance (MCP 2025-11-25 "Resumability and Redelivery").
import { z } from 'zod'
import type { Clock } from '../../../clock.ts'
import type { Collection, Storage } from '../../storage/contract.ts'
import { randomSecret, type Sealing } from '../../secrets.ts'
import type { EventBus } from '../../event-bus.ts'
import type { SseConnection } from '../streams/sse.ts'
import { openEvent, ResumableStream, sizeOf, type StoredStream } from './resumable-stream.ts'
import { createStoredBytes } from './stored-bytes.ts'

export interface ResumableStreams {
  /**
   * @param person whom its stored bytes count for.
   * @param priming whether the client can read an empty first event, which brings it an id to come back with.
   */
  open(session: string, person: string, connection: SseConnection, priming: boolean): ResumableStream
  /**
   * Continues after an event, on another connection.
   * @returns what stops it, or undefined if this session has no such stream.
   */
  resume(session: string, eventId: string, connection: SseConnection): Promise<(() => void) | undefined>
}

export interface StreamOptions {
  storage: Storage
  sealing: Sealing
  bus: EventBus
  now: Clock
  log: { warn(details: object, message: string): void }
}

const EVENT_ID = /^([A-Za-z0-9_-]{22})\.(\d{1,9})$/
const topicOf = (id: string) => `stream ${id}`

export function createResumableStreams ({ storage, sealing, bus, now, log }: StreamOptions): ResumableStreams {
  const streams = storage.collection<StoredStream>('mcpStream')
  const bytes = createStoredBytes(now)

  /** What has to make room is deleted first, so that there is never more than the bound. */
  async function store (id: string, person: string, stream: StoredStream, seconds: number): Promise<void> {
    const { session } = stream
    const gone = bytes.put(id, { session, person, bytes: sizeOf(stream.events), until: now() + seconds })
    await Promise.all(gone.map((other) => streams.delete(other)))
    if (!gone.includes(id)) await streams.put(id, stream, seconds)
    bus.publish(topicOf(id), null)
  }

  return {
    open (session, person, connection, priming) {
      const id = randomSecret(16)
      if (priming) connection.write('', `${id}.0`)
      const onFault = (err: unknown) => log.warn({ err }, 'an event could not be stored; its stream cannot be resumed')
      return new ResumableStream(id, session, {
        connection,
        sealing,
        store: (stream, seconds) => store(id, person, stream, seconds).catch(onFault)
      })
    },
    async resume (session, eventId, connection) {
      const [, id, after] = EVENT_ID.exec(eventId) ?? []
      if (id === undefined || (await streams.find(id))?.session !== session) return undefined
      const replay = new Replay(id, Number(after), connection, { streams, sealing, log })
      const unsubscribe = bus.subscribe(topicOf(id), z.null(), () => replay.advance())
      replay.advance()
      return unsubscribe
    }
  }
}

interface ReplayDeps extends Pick<StreamOptions, 'sealing' | 'log'> {
  streams: Pick<Collection<StoredStream>, 'find'>
}

/** A stored stream as one connection reads it: its events so far, and then each that is added. */
class Replay {
  readonly #id: string
  readonly #connection: SseConnection
  readonly #deps: ReplayDeps
  /** The number of the last event that this client has. */
  #sent: number
  #reading: Promise<void> = Promise.resolve()

  constructor (id: string, sent: number, connection: SseConnection, deps: ReplayDeps) {
    this.#id = id
    this.#sent = sent
    this.#connection = connection
    this.#deps = deps
  }

  /** Reads one after the other, so that no event is written twice or out of order. */
  advance (): void {
    this.#reading = this.#reading
      .then(() => this.#read())
      .catch((err: unknown) => this.#deps.log.warn({ err }, 'a stream could not be resumed'))
  }

  async #read (): Promise<void> {
    const stored = await this.#deps.streams.find(this.#id)
    this.#sent = Math.max(this.#sent, stored?.before ?? 0)
    for (const event of stored?.events.slice(this.#sent - stored.before) ?? []) {
      this.#sent++
      const data = openEvent(event, this.#deps.sealing)
      if (data) this.#connection.write(data, `${this.#id}.${this.#sent}`)
    }
    if (!stored || stored.over) this.#connection.end()
  }
}
