// The event stream of one request in a session: sent to the client as it grows, and stored sealed, so that a client
// whose connection breaks can fetch the rest (MCP 2025-11-25 "Resumability and Redelivery").
// Tested in test/plugins/mcp/sessions/resumable-streams.test.ts.
import { isJSONRPCErrorResponse, isJSONRPCResultResponse, type JSONRPCMessage } from '@modelcontextprotocol/server'
import type { Sealing } from '../../secrets.ts'
import { INTERNAL_ERROR } from '../json-rpc-error.ts'
import type { SseConnection } from '../streams/sse.ts'

/** For how long the events of a stream can be fetched again. */
const RESUMABLE_SECONDS = 600
/** The same once a client has received all of it: a connection may break with the last bytes on their way. */
const SENT_SECONDS = 10
/** Of one stream: the answer is the last event, and of what came before a client needs the newest. */
const MAX_EVENTS = 100
const MAX_STREAM_BYTES = 128 * 1024
/** A larger event is sent but not stored: a client that missed it sends its request again. */
const MAX_EVENT_BYTES = 64 * 1024
/** Between two writes of a stream, each of which has all that is stored of it: an upstream may report progress fifty times a second. */
const PAUSE_MS = 250
const PURPOSE = 'mcp event'

/** As storage has it: the last events, each sealed. `before` is how many came before them, `over` that no more comes. */
export interface StoredStream {
  session: string
  before: number
  events: string[]
  over: boolean
}

interface StreamDeps {
  connection: SseConnection
  sealing: Sealing
  /** Stores the whole stream in place of what was stored before. Never rejects. */
  store(stream: StoredStream, seconds: number): Promise<void>
}

export class ResumableStream {
  readonly #id: string
  readonly #deps: StreamDeps
  readonly #stream: StoredStream
  /** The client disconnected before it had everything. */
  #isCut = false
  /** Raised by every change; a change during a write is stored by the next one. */
  #version = 0
  #isPersisting = false
  #endPause = () => {}

  /** @param id names the stream in storage and in the ids of its events. */
  constructor (id: string, session: string, deps: StreamDeps) {
    this.#id = id
    this.#deps = deps
    this.#stream = { session, before: 0, events: [], over: false }
    // Before there is anything to send, so that a client whose connection breaks at once can come back.
    this.#changed()
  }

  /** Sends a message to the client, if it is connected, and stores it. */
  append (message: JSONRPCMessage): void {
    const { events } = this.#stream
    const data = JSON.stringify(message)
    events.push(sealEvent(message, data, this.#deps.sealing))
    this.#deps.connection.write(data, `${this.#id}.${this.#stream.before + events.length}`)
    while (events.length > MAX_EVENTS || sizeOf(events) > MAX_STREAM_BYTES) {
      events.shift()
      this.#stream.before++
    }
    this.#changed()
  }

  /** Nothing more comes. */
  end (): void {
    this.#stream.over = true
    this.#deps.connection.end()
    this.#changed()
  }

  /** The connection is done. @param isSent whether all of it was written to the client. */
  connectionClosed (isSent: boolean): void {
    if (isSent) return
    this.#isCut = true
    if (this.#stream.over) this.#changed()
  }

  #changed (): void {
    this.#version++
    // The answer is stored at once.
    if (this.#stream.over) this.#endPause()
    if (!this.#isPersisting) {
      this.#persist().catch(() => {
        /* store() never rejects */
      })
    }
  }

  async #persist (): Promise<void> {
    this.#isPersisting = true
    for (let stored: number | undefined; stored !== this.#version;) {
      stored = this.#version
      const seconds = this.#stream.over && !this.#isCut ? SENT_SECONDS : RESUMABLE_SECONDS
      await this.#deps.store({ ...this.#stream, events: [...this.#stream.events] }, seconds)
      if (!this.#stream.over) await this.#pause()
    }
    this.#isPersisting = false
  }

  #pause (): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, PAUSE_MS).unref()
      this.#endPause = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

/** Bytes: sealed texts are ASCII. */
export const sizeOf = (events: readonly string[]): number => events.reduce((sum, { length }) => sum + length, 0)

/** @returns the JSON of a stored event, or undefined for one that is not there or was sealed with another key. */
export const openEvent = (event: string, sealing: Sealing): string | undefined =>
  event === '' ? undefined : sealing.unseal(PURPOSE, event)?.toString()

/** @returns '' for what is not stored. An answer that is too large is replaced by the advice to send it again. */
function sealEvent (message: JSONRPCMessage, data: string, sealing: Sealing): string {
  if (Buffer.byteLength(data) <= MAX_EVENT_BYTES) return sealing.seal(PURPOSE, Buffer.from(data))
  if (!isJSONRPCResultResponse(message) && !isJSONRPCErrorResponse(message)) return ''
  const error = { code: INTERNAL_ERROR, message: TOO_LARGE_TO_STORE }
  return sealing.seal(PURPOSE, Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: message.id, error })))
}

const TOO_LARGE_TO_STORE =
  'The connection broke, and this answer is too large to be stored: send the request again. ' +
  'If it changes something, check first whether it was done.'
