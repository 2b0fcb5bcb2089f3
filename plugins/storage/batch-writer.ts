// Writes to storage in batches: what many requests leave behind is written together, a little later, one batch at a time.
// An outage is logged once.
import type { FastifyBaseLogger } from 'fastify'

export interface BatchWriter {
  /** Writes soon, with everything that is there by then. */
  schedule(): void
  /** Writes now. Resolves when all that was there has been written, or could not be. */
  flush(): Promise<void>
  /** Writes what is left, and nothing after it. */
  close(): Promise<void>
}

/** @param write never rejects: what it cannot write it keeps, and schedules again. @param after milliseconds. */
export function createBatchWriter (write: () => Promise<void>, after: number): BatchWriter {
  let running: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  const stop = () => {
    clearTimeout(timer)
    timer = undefined
  }
  const flush = (): Promise<void> => {
    stop()
    running = running.then(write)
    return running
  }
  return {
    schedule () {
      timer ??= setTimeout(flush, after).unref()
    },
    flush,
    async close () {
      await flush()
      stop()
    }
  }
}

export interface Outage {
  /** Something could not be written. */
  begin(error: unknown): void
  /** Everything that was waiting is written. */
  end(): void
  /** Counts what will never be written. */
  lose(count: number): void
  /** The server stops while this many wait. */
  close(waiting: number): void
}

/**
 * Logs once that storage takes nothing, and once that it does again, with how much was lost meanwhile, however many
 * attempts fail in between.
 */
export function createOutage (
  log: Pick<FastifyBaseLogger, 'warn'>,
  words: { begins: string; ends: string; stops: string }
): Outage {
  let isOn = false
  let lost = 0
  const end = (message: string) => {
    if (isOn) log.warn({ lost }, message)
    isOn = false
    lost = 0
  }
  return {
    begin (error) {
      if (!isOn) log.warn({ err: error }, words.begins)
      isOn = true
    },
    end: () => end(words.ends),
    lose (count) {
      lost += count
    },
    close (waiting) {
      lost += waiting
      end(words.stops)
    }
  }
}
