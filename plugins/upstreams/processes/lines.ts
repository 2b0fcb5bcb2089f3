// Splits the output of a process into lines, of which no more is kept than one may be long.

const LINE_END = 0x0a

/**
 * @param maxBytes of a line.
 * @param onLine gets each line without its end; blank ones are left out.
 * @param onTooLong called once for a line of more; the reader has stopped then.
 */
export function createLineReader (maxBytes: number, onLine: (line: Buffer) => void, onTooLong: () => void) {
  /** The beginning of a line. It grows by doubling: a process may write it byte by byte. */
  let kept = Buffer.alloc(0)
  let length = 0
  let isStopped = false
  const keep = (piece: Buffer) => {
    if (length + piece.length > kept.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * kept.length, length + piece.length))
      kept.copy(larger, 0, 0, length)
      kept = larger
    }
    length += piece.copy(kept, length)
  }
  const take = (piece: Buffer): Buffer => {
    if (length === 0) return piece
    keep(piece)
    const line = kept.subarray(0, length)
    kept = Buffer.alloc(0)
    length = 0
    return line
  }
  return (chunk: Buffer): void => {
    let start = 0
    while (start < chunk.length) {
      if (isStopped) return
      const end = chunk.indexOf(LINE_END, start)
      const piece = chunk.subarray(start, end === -1 ? chunk.length : end)
      start += piece.length + 1
      if (length + piece.length > maxBytes) {
        isStopped = true
        kept = Buffer.alloc(0)
        onTooLong()
      } else if (end === -1) keep(piece)
      else {
        const line = take(piece)
        if (!isBlank(line)) onLine(line)
      }
    }
  }
}

/** Lines of Windows programs end with a carriage return. */
const isBlank = (line: Buffer): boolean => line.length === 0 || (line.length === 1 && line[0] === 0x0d)
