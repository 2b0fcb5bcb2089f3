// Where the lines of the log go: gathered for a moment and written together, since a write for each costs more than the
// line. What is left is written when the process ends.
// Tested in test/journeys/outside.test.ts.
import { destination, type DestinationStream } from 'pino'
import { readableLine } from './readable-log.ts'

const GATHER_MS = 50
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
  // From this many bytes on, lines do not wait.
  const out = destination({ sync: false, minLength: 8 * 1024, maxLength: MAX_WAITING_BYTES })
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
