// The wire between the server and a worker: a pipe that carries frames of bytes and nothing that Node itself interprets.
import type { Readable, Writable } from 'node:stream'

/** The descriptor under which a worker finds its end of the pipe. */
export const PIPE_FD = 3
/** Bytes of the random number that ties a report to its order. */
export const NONCE_BYTES = 16
/** The server holds a result in its memory. Tasks have narrower limits of their own. */
export const MAX_RESULT_BYTES = 32 * 1024 * 1024
const LENGTH_BYTES = 4

/** A failure is words, of which a tool's caller reads little. */
export const MAX_FAILURE_BYTES = 256 * 1024

/** What a report is. Its body is a value of `v8.serialize`, a {@link Failure} as JSON, a reason as text, or nothing. */
export const ReportKind = { result: 0, failure: 1, unready: 2, begun: 3 } as const

/** An error as it travels. */
export interface Failure {
  name: string
  message: string
  stack?: string | undefined
}

/** Writes one frame: its length in four bytes, and then the parts. */
export function writeFrame (stream: Writable, ...parts: Uint8Array[]): void {
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt32BE(parts.reduce((sum, part) => sum + part.length, 0))
  stream.write(Buffer.concat([length, ...parts]))
}

/**
 * Reads frames off a stream, until it is destroyed.
 * @param maxBytes longest frame that is accepted. The announced length is checked before any of it is collected.
 * @param onTooLong called once instead of `onFrame`; nothing more is read then.
 */
export function readFrames (
  stream: Readable,
  maxBytes: number,
  onFrame: (frame: Buffer) => void,
  onTooLong: () => void
): void {
  let chunks: Buffer[] = []
  let received = 0
  const read = (chunk: Buffer): void => {
    chunks.push(chunk)
    received += chunk.length
    while (received >= LENGTH_BYTES && !stream.destroyed) {
      if (chunks[0]!.length < LENGTH_BYTES) chunks = [Buffer.concat(chunks)]
      const end = LENGTH_BYTES + chunks[0]!.readUInt32BE()
      if (end > LENGTH_BYTES + maxBytes) {
        stream.off('data', read)
        return onTooLong()
      }
      if (received < end) return
      const all = Buffer.concat(chunks)
      chunks = [all.subarray(end)]
      received -= end
      onFrame(all.subarray(LENGTH_BYTES, end))
    }
  }
  stream.on('data', read)
}
