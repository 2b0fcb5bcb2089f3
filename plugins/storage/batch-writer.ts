// Gathers work for storage: what many requests leave behind is written together, a little later, and one writing at a time.

export interface Flusher {
  /** Writes in a while, with whatever is there by then. */
  schedule (): void
  /** Writes now. Resolves when all that was there has been written, or could not be. */
  flush (): Promise<void>
  /** Writes what is left, and nothing after it. */
  close (): Promise<void>
}

/** @param write never rejects: what it cannot write it keeps, and schedules again. @param after milliseconds. */
export function createFlusher (write: () => Promise<void>, after: number): Flusher {
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
    schedule () { timer ??= setTimeout(flush, after).unref() },
    flush,
    async close () {
      await flush()
      stop()
    }
  }
}
