// The error output of a process, line by line in our log. It is always read, so that the process is never stuck, and a
// flood of it costs little.
import type { Readable } from 'node:stream'
import type { FastifyBaseLogger } from 'fastify'
import type { Clean } from './clean.ts'
import { createThrottle } from './throttle.ts'

const LINE_END = 0x0a
const MAX_LINES_PER_SECOND = 50
const MAX_BYTES_PER_SECOND = 8_000_000
/** What is kept of a line that has not ended. */
const MAX_LINE_BYTES = 16_384

export interface StderrLog {
  /** Cleaned; `undefined` if there was none. */
  readonly lastLine: string | undefined
}

/** @param log names the upstream. */
export function logStderr (stream: Readable, log: FastifyBaseLogger, clean: Clean): StderrLog {
  let lastLine: string | undefined
  /** The beginning of a line. */
  let open = Buffer.alloc(0)
  /** Lines, also blank ones, and bytes that are not logged, of this second. */
  let [lines, leftOut] = [0, 0]
  const count = createThrottle(stream, MAX_BYTES_PER_SECOND, () => {
    if (leftOut > 0) log.warn({ leftOutBytes: leftOut }, 'the process writes more to its standard error than is logged')
    lines = leftOut = 0
  })
  const write = (line: Buffer) => {
    lines++
    open = Buffer.alloc(0)
    const text = clean(line)
    if (text === '') return
    lastLine = text
    log.info(text)
  }
  stream.on('data', (chunk: Buffer) => {
    count(chunk.length)
    let start = 0
    let end = chunk.indexOf(LINE_END)
    while (end !== -1) {
      if (lines >= MAX_LINES_PER_SECOND) break
      write(Buffer.concat([open, chunk.subarray(start, end)]))
      start = end + 1
      end = chunk.indexOf(LINE_END, start)
    }
    // In a flood nothing is kept, so that the next second begins in the middle of a line.
    const space = lines < MAX_LINES_PER_SECOND ? MAX_LINE_BYTES - open.length : 0
    const rest = chunk.subarray(start, start + Math.max(0, space))
    open = Buffer.concat([open, rest])
    leftOut += chunk.length - start - rest.length
  })
  stream.on('error', () => { /* it breaks when the process ends */ })
  stream.on('end', () => {
    if (open.length > 0) write(open)
  })
  return {
    get lastLine () {
      return lastLine
    }
  }
}
