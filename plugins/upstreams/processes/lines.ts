// Splits the output of a process into lines, of which no more is kept than one may be long.

const LINE_END = 0x0a
/** Bytes of each end of a line that is too long: enough to see whose answer it is. */
const END_BYTES = 512
/** Beyond it, times the maximum, a line is none. */
const ENDLESS = 16

interface LineHandlers {
  /** A line without its end. */
  onLine(line: Buffer): void
  /** A line with nothing in it. */
  onBlank(): void
  /** A line of more than the maximum, once it has ended. */
  onLongLine(head: Buffer, tail: Buffer): void
  /** A line that does not end. */
  onEndless(): void
  /** One of these has thrown: what a process writes must not end this server. */
  onFault(): void
}

/**
 * @param maxBytes of a line.
 * @returns takes the output piece by piece.
 */
export function createLineReader (maxBytes: number, handlers: LineHandlers): (chunk: Buffer) => void {
  const { onLine, onBlank, onLongLine, onEndless, onFault } = handlers
  /** The beginning of a line. It grows by doubling: a process may write byte by byte. */
  let kept = Buffer.alloc(0)
  let length = 0
  /** The end of a line that is too long, of which only the head is kept. */
  let tail: Buffer | undefined

  const keep = (piece: Buffer) => {
    if (length + piece.length > kept.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * kept.length, length + piece.length))
      kept.copy(larger, 0, 0, length)
      kept = larger
    }
    piece.copy(kept, length)
  }
  const skip = (piece: Buffer) => {
    if (tail === undefined) {
      keep(piece.subarray(0, END_BYTES))
      tail = Buffer.from(kept.subarray(Math.max(0, length - END_BYTES), length))
      kept = Buffer.from(kept.subarray(0, END_BYTES))
    }
    tail = Buffer.concat([tail, piece.subarray(-END_BYTES)]).subarray(-END_BYTES)
    if (length + piece.length > ENDLESS * maxBytes) onEndless()
  }
  const add = (piece: Buffer) => {
    if (length + piece.length > maxBytes) skip(piece)
    else keep(piece)
    length += piece.length
  }
  const hand = (line: Buffer) => (isBlank(line) ? onBlank() : onLine(line))
  const finish = () => {
    const line = kept.subarray(0, length)
    const end = tail
    kept = Buffer.alloc(0)
    length = 0
    tail = undefined
    if (end !== undefined) onLongLine(line, end)
    else hand(line)
  }
  const take = (chunk: Buffer) => {
    let start = 0
    for (let end = chunk.indexOf(LINE_END); end !== -1; end = chunk.indexOf(LINE_END, start)) {
      const piece = chunk.subarray(start, end)
      start = end + 1
      // The usual case: a line that came whole is not copied.
      if (length === 0 && piece.length <= maxBytes) {
        hand(piece)
        continue
      }
      add(piece)
      finish()
    }
    if (start < chunk.length) add(chunk.subarray(start))
  }
  return (chunk) => {
    try {
      take(chunk)
    } catch {
      onFault()
    }
  }
}

/** Lines of Windows programs end with a carriage return. */
const isBlank = (line: Buffer): boolean => line.length === 0 || (line.length === 1 && line[0] === 0x0d)
