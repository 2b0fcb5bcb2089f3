// Where the lines of the log go: gathered for a moment and handed on together, since each hand-over costs more than the
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

interface Gathered {
  out: Destination
  /** Its last write failed. Nothing more is tried with it at the end: it would be tried until the disk has room. */
  isFailing: boolean
  /** Hands what was gathered to the destination. */
  hand(): void
}

const open = new Set<Gathered>()
// Before the listeners of the destinations themselves, which write what they have.
process.on('beforeExit', () => { for (const { hand } of open) hand() })
process.on('exit', () => {
  for (const { out, isFailing, hand } of open) {
    if (isFailing) out.destroy()
    else hand()
  }
})

/**
 * @param isReadable lines for people instead of JSON.
 * @returns with `flush`, which writes what is buffered, and says when that is done or has failed.
 */
export function createLogDestination (isReadable = false): DestinationStream & { flush(done: () => void): void } {
  // Below GATHER_BYTES it writes nothing by itself: a write under way when the process ends would be lost.
  const out = destination({ sync: false, minLength: GATHER_BYTES, maxWrite: MAX_WRITE_BYTES, maxLength: MAX_WAITING_BYTES })
  const gathered: Gathered = { out, isFailing: false, hand }
  // A log on a full disk ends no server.
  out.on('error', () => { gathered.isFailing = true })
  out.on('write', () => { gathered.isFailing = false })
  let lines: string[] = []
  let length = 0
  let timer: NodeJS.Timeout | undefined
  open.add(gathered)
  out.once('close', () => open.delete(gathered))
  function hand (): void {
    if (lines.length === 0 || !open.has(gathered)) return
    const text = lines.join('')
    lines = []
    length = 0
    out.write(text)
  }
  const write = () => {
    timer = undefined
    hand()
    out.flush()
  }
  return {
    write (line) {
      const text = isReadable ? readableLine(line) : line
      lines.push(text)
      length += text.length
      if (length >= GATHER_BYTES) hand()
      timer ??= setTimeout(write, GATHER_MS).unref()
    },
    flush (done) {
      hand()
      // Not in one step: that would be tried until the disk has room, and without an end where nobody reads (threat OW-46).
      out.flush(() => done())
    }
  }
}
