// Server-sent events, read from bytes with a bound for each one (HTML "Server-sent events", §9.2.6).

const [LF, CR, COLON, SPACE] = [0x0a, 0x0d, 0x3a, 0x20]
/** Counted for each line, and for each piece that is kept, besides its bytes: what keeping it costs. */
export const OVERHEAD_BYTES = 64
/** It is kept as long as the stream, and sent back in a header. */
const MAX_ID_BYTES = 1_024
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

export interface ServerEvent {
  /** `message` if the stream does not say. */
  type: string
  id: string | undefined
  /** Milliseconds to wait before the stream is opened again. */
  retry: number | undefined
  data: Buffer
}

export class TooLargeEvent extends Error {
  override readonly name = 'TooLargeEvent'
}

/** One reader for each stream. */
export class EventReader {
  readonly #maxBytes: number
  /** Of a line whose end has not come yet. */
  #rest: Buffer[] = []
  /** Bytes since the last event. */
  #size = 0
  #isFirst = true
  #endedWithCr = false
  #fields = emptyFields()
  /** Lines that ended in the latest bytes, also comments and blank ones. */
  lines = 0

  /** Bytes of an event that has not come whole. */
  get size (): number {
    return this.#size
  }

  /** @param maxBytes of one event with its field names. */
  constructor (maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /**
   * @returns the events that these bytes complete.
   * @throws TooLargeEvent
   */
  read (chunk: Buffer): ServerEvent[] {
    const events: ServerEvent[] = []
    let start = this.#endedWithCr && chunk[0] === LF ? 1 : 0
    this.#endedWithCr = false
    this.lines = 0
    const lineEnd = createLineEnds(chunk)
    for (let end = lineEnd(start); end !== -1; end = lineEnd(start)) {
      this.lines++
      this.#grow(end - start)
      const event = this.#takeLine(chunk.subarray(start, end))
      if (event) events.push(event)
      if (chunk[end] === CR) {
        if (chunk[end + 1] === LF) end++
        else if (end + 1 === chunk.length) this.#endedWithCr = true
      }
      start = end + 1
    }
    if (start < chunk.length) {
      this.#grow(chunk.length - start)
      this.#rest.push(chunk.subarray(start))
    }
    return events
  }

  #grow (bytes: number): void {
    this.#size += bytes + OVERHEAD_BYTES
    if (this.#size > this.#maxBytes) throw new TooLargeEvent(`an event of more than ${this.#maxBytes} bytes`)
  }

  #takeLine (tail: Buffer): ServerEvent | undefined {
    let line = this.#rest.length === 0 ? tail : Buffer.concat([...this.#rest, tail])
    this.#rest = []
    if (this.#isFirst && line.subarray(0, 3).equals(BYTE_ORDER_MARK)) line = line.subarray(3)
    this.#isFirst = false
    if (line.length > 0) {
      this.#takeField(line)
      return undefined
    }
    const { type, id, retry, data } = this.#fields
    this.#fields = emptyFields()
    this.#size = 0
    if (data.length === 0 && id === undefined && retry === undefined) return undefined
    return { type, id, retry, data: data.length === 1 ? data[0]! : Buffer.concat(withLineFeeds(data)) }
  }

  #takeField (line: Buffer): void {
    const colon = line.indexOf(COLON)
    // A comment, which keeps a connection open.
    if (colon === 0) {
      this.#size -= line.length + OVERHEAD_BYTES
      return
    }
    const name = line.toString('latin1', 0, colon === -1 ? line.length : colon)
    const value = colon === -1 ? line.subarray(line.length) : line.subarray(colon + (line[colon + 1] === SPACE ? 2 : 1))
    if (name === 'data') this.#fields.data.push(alone(value))
    else if (name === 'event') this.#fields.type = value.toString() || 'message'
    else if (name === 'id' && value.length <= MAX_ID_BYTES && !value.includes(0)) this.#fields.id = value.toString()
    else if (name === 'retry' && /^\d{1,9}$/.test(value.toString('latin1'))) this.#fields.retry = Number(value)
  }
}

const emptyFields = (): { type: string; id: string | undefined; retry: number | undefined; data: Buffer[] } =>
  ({ type: 'message', id: undefined, retry: undefined, data: [] })

const withLineFeeds = (lines: readonly Buffer[]): Buffer[] =>
  lines.flatMap((line, index) => (index === 0 ? [line] : [Buffer.of(LF), line]))

/** A few bytes must not keep all that they came with: comments, which are not counted, may be nearly all of it. */
const alone = (line: Buffer): Buffer =>
  2 * line.length < line.buffer.byteLength ? Buffer.from(new Uint8Array(line).buffer) : line

/** In one pass: the next line feed is looked for once, however many lines end with a carriage return before it. */
function createLineEnds (chunk: Buffer): (from: number) => number {
  let lf = -Infinity
  return (from) => {
    if (lf < from && lf !== -1) lf = chunk.indexOf(LF, from)
    const cr = chunk.subarray(0, lf === -1 ? chunk.length : lf).indexOf(CR, from)
    return cr === -1 ? lf : cr
  }
}

/** The event again as bytes, in one form. */
export function writeEvent ({ type, id, retry, data }: ServerEvent): Buffer {
  const head = [
    ...(type === 'message' ? [] : [`event: ${type}\n`]),
    ...(id === undefined ? [] : [`id: ${id}\n`]),
    ...(retry === undefined ? [] : [`retry: ${retry}\n`])
  ]
  const lines = data.includes(LF) ? data.toString().split('\n') : [data]
  return Buffer.concat([
    Buffer.from(head.join('')),
    ...lines.flatMap((line) => [Buffer.from('data: '), typeof line === 'string' ? Buffer.from(line) : line, Buffer.of(LF)]),
    Buffer.of(LF)
  ])
}
