// What a process is sent and has not read yet: bounded, and what is canceled before it was written is never written.
// Tested in test/plugins/upstreams/processes/unread.test.ts.
import type { Writable } from 'node:stream'
import type { JSONRPCMessage, RequestId } from '@modelcontextprotocol/client'

/** Of a message: nearly all are smaller. Larger ones take half of what has not been read. */
const SMALL_BYTES = 16 * 1024

interface Line {
  bytes: Buffer
  /** Of a request. */
  id: RequestId | undefined
}

export class Unread {
  readonly #stdin: Writable
  readonly #maxBytes: number
  /** Not written, oldest first. */
  readonly #waiting = new Set<Line>()
  readonly #requests = new Map<RequestId, Line>()
  #waitingBytes = 0
  #isFull = false

  /** @param maxBytes with more, nothing is sent, and with half of it nothing large. */
  constructor (stdin: Writable, maxBytes: number) {
    this.#stdin = stdin
    this.#maxBytes = maxBytes
    stdin.on('drain', () => {
      this.#isFull = false
      this.#write()
    })
  }

  /** @returns whether there is room for it. */
  send (message: JSONRPCMessage): boolean {
    const line = { bytes: Buffer.from(`${JSON.stringify(message)}\n`), id: idOf(message) }
    if (!this.#hasRoomFor(line.bytes)) return false
    this.#waiting.add(line)
    this.#waitingBytes += line.bytes.length
    if (line.id !== undefined) this.#requests.set(line.id, line)
    this.#write()
    return true
  }

  /** @returns whether a request had not been written: the process need not be told. */
  cancel (id: RequestId): boolean {
    const line = this.#requests.get(id)
    if (line) this.#remove(line)
    return line !== undefined
  }

  /** What many share has room for what is small, however much one of them sends. */
  #hasRoomFor ({ length }: Buffer): boolean {
    const unread = this.#stdin.writableLength + this.#waitingBytes
    return length <= SMALL_BYTES || unread === 0 ? unread <= this.#maxBytes : unread + length <= this.#maxBytes / 2
  }

  #write (): void {
    for (const line of this.#waiting) {
      if (this.#isFull || !this.#stdin.writable) return
      this.#remove(line)
      this.#isFull = !this.#stdin.write(line.bytes)
    }
  }

  #remove (line: Line): void {
    this.#waiting.delete(line)
    this.#waitingBytes -= line.bytes.length
    if (line.id !== undefined) this.#requests.delete(line.id)
  }
}

const idOf = (message: JSONRPCMessage): RequestId | undefined => ('method' in message && 'id' in message ? message.id : undefined)
