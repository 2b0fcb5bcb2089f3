// Where the lines of the log go: gathered for a moment and written together, since a write for each costs more than the
// line. What is left is written when the process ends.
// Tested in test/journeys/outside.test.ts.
import { destination, type DestinationStream } from 'pino'
import { readableLine } from './readable-log.ts'

const GATHER_MS = 50
/** From this many on, lines do not wait: a busy server writes a few times in that time. */
const GATHER_BYTES = 32 * 1024
const MAX_WRITE_BYTES = 2 * GATHER_BYTES
/** Lines that cannot be written are kept up to here, in bytes; then new ones are lost. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024

type Destination = ReturnType<typeof destination>

/**
 * Those whose last write failed. Nothing more is tried with them at the end: it would be tried until the disk has room.
 */
const failing = new Set<Destination>()
// Before the listeners of the destinations themselves.
process.on('exit', () => {
  for (const out of failing) out.destroy()
})

/**
 * @param isReadable lines for people instead of JSON.
 * @returns with `flush`, which writes at once what is buffered.
 */
export function createLogDestination (isReadable = false): DestinationStream & { flush(): void } {
  const out = destination({ sync: false, minLength: GATHER_BYTES, maxWrite: MAX_WRITE_BYTES, maxLength: MAX_WAITING_BYTES })
  // A log on a full disk ends no server.
  out.on('error', () => {
    failing.add(out)
  })
  out.on('write', () => {
    failing.delete(out)
  })
  let timer: NodeJS.Timeout | undefined
  const write = () => {
    timer = undefined
    out.flush()
  }
  return {
    write (line) {
      out.write(isReadable ? readableLine(line) : line)
      timer ??= setTimeout(write, GATHER_MS).unref()
    },
    flush: () => { out.flushSync() }
  }
}
