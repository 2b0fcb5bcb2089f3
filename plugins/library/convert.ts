// Hands heavy files to a worker, one at a time, and says in the operator's words what became of those that end it.
import { setTimeout } from 'node:timers/promises'
import { WorkerDied, WorkersBusy, type Workers } from '../workers.ts'
import type { Converted } from './convert-task.ts'
import type { Convert } from './extract.ts'
import { SkippedFile } from './skipped-file.ts'

const TASK = new URL('./convert-task.ts', import.meta.url)
/** Milliseconds for one file. */
const TIMEOUT_MS = 60_000
/** Milliseconds before the next try, while tools keep all workers busy: they come first. */
const RETRY_MS = 500

/** @param signal aborted when the server closes. */
export const createConvert =
  (workers: Pick<Workers, 'run'>, signal: AbortSignal): Convert =>
    async (conversion) => {
      while (true) {
        try {
          return await workers.run<Converted>(TASK, conversion, {
            person: { server: 'library' },
            timeout: TIMEOUT_MS,
            signal
          })
        } catch (error) {
          signal.throwIfAborted()
          if (error instanceof WorkersBusy) await setTimeout(RETRY_MS, undefined, { signal })
          else if (error instanceof WorkerDied) throw new SkippedFile('reading it took more memory than one file may take', 'too much memory')
          else if ((error as Error).name === 'TimeoutError') throw new SkippedFile(`reading it took longer than ${TIMEOUT_MS / 1000} seconds`, 'too slow')
          else throw error
        }
      }
    }
