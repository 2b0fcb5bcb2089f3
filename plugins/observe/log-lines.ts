// Where the lines of the log go: gathered for a moment and written together, since a write for each costs more than the line. What is left is written when the process ends.
import { destination, type DestinationStream } from 'pino'

const GATHER_MS = 50

export function logLines (): DestinationStream {
  // From this many bytes on, lines do not wait.
  const out = destination({ sync: false, minLength: 8 * 1024 })
  let timer: NodeJS.Timeout | undefined
  const flush = () => {
    timer = undefined
    out.flush()
  }
  return {
    write (line) {
      out.write(line)
      timer ??= setTimeout(flush, GATHER_MS).unref()
    }
  }
}
