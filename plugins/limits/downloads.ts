// What leaves the server as a file: as a stream, and few at a time for each person. Someone who does not read what they
// asked for holds a piece of it and a file handle, and makes way for others (threats SW-03, SW-05). What they lose the right to
// on the way ends as well (SW-07).
import type { Readable } from 'node:stream'
import { tooManyRequests } from '../../errors.ts'
import { createCounts } from '../counts.ts'

const RETRY_SECONDS = 5
const CHECK_EVERY_MS = 1_000
/** Of all people together. */
const MAX_DOWNLOADS = 32

export interface Downloads {
  /**
   * @param who a person, or the address of someone who has not signed in. @param open is called only if there is room.
   * @param stillMay is asked each second; also an error ends the download.
   * @returns the stream, whose place is free again when it is closed; undefined where there is nothing to read.
   * @throws too_many_requests while so many are on their way to the same person.
   */
  begin<Stream extends Readable>(
    who: string,
    open: () => Promise<Stream | undefined>,
    stillMay: () => Promise<boolean>
  ): Promise<Stream | undefined>
}

/** @param each downloads at once of one person. @param all of everybody: one more ends the oldest. */
export function createDownloads (each: number, all = MAX_DOWNLOADS): Downloads {
  const counts = createCounts()
  /** The oldest comes first. */
  const running = new Set<Readable>()
  return {
    async begin (who, open, stillMay) {
      if (counts.of(who) >= each) throw tooManyRequests(RETRY_SECONDS)
      counts.add(who, 1)
      const stream = await open().catch((error: unknown) => {
        counts.add(who, -1)
        throw error
      })
      if (stream === undefined) {
        counts.add(who, -1)
        return undefined
      }
      const [oldest] = running
      if (running.size >= all) oldest!.destroy()
      running.add(stream)
      const check = setInterval(() => endUnless(stillMay, stream), CHECK_EVERY_MS).unref()
      stream.once('close', () => {
        clearInterval(check)
        running.delete(stream)
        counts.add(who, -1)
      })
      return stream
    }
  }
}

async function endUnless (stillMay: () => Promise<boolean>, stream: Readable): Promise<void> {
  if (!(await stillMay().catch(() => false))) stream.destroy()
}
