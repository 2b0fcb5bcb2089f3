// The worker in which the library looks into files: waits while it is busy, and says in the operator's words what ended a
// task.
// Tested in test/plugins/library/convert.test.ts.
import { setTimeout } from 'node:timers/promises'
import { WorkerDied, WorkersBusy, type Workers } from '../workers.ts'
import { SkippedFile } from './skipped-file.ts'

/** Milliseconds before the next try, while the worker is busy. */
const RETRY_MS = 500

/** @param timeout milliseconds. @throws SkippedFile when it takes longer, or too much memory. */
export type Reader = <Out>(task: URL, input: unknown, timeout: number) => Promise<Out>

/** @param signal aborted when the server closes. */
export const createReader = (workers: Pick<Workers, 'run'>, signal: AbortSignal): Reader => async <Out>(task: URL, input: unknown, timeout: number) => {
  while (true) {
    try {
      return await workers.run<Out>(task, input, { person: { server: 'library' }, timeout, signal })
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof WorkersBusy) await setTimeout(RETRY_MS, undefined, { signal })
      else if (error instanceof WorkerDied) throw new SkippedFile('reading it took more memory than one file may take', 'too much memory')
      else if ((error as Error).name === 'TimeoutError') throw new SkippedFile(`reading it took longer than ${timeout / 1000} seconds`, 'too slow')
      else throw error
    }
  }
}
