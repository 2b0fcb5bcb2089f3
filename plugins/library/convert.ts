// Hands files to a worker, those that wait together in one task, and says in the operator's words what became of those that
// end it.
import { setTimeout } from 'node:timers/promises'
import { WorkerDied, WorkersBusy, type Workers } from '../workers.ts'
import type { Conversion, Converted } from './convert-task.ts'
import type { Convert } from './extract.ts'
import { SkippedFile } from './skipped-file.ts'

const TASK = new URL('./convert-task.ts', import.meta.url)
/** Milliseconds for one task. */
const TIMEOUT_MS = 60_000
/** Milliseconds before the next try, while the worker is busy. */
const RETRY_MS = 500
/** Bytes in one task, unless it is a single file: handing over a small one alone takes longer than reading it. */
const TASK_BYTES = 500_000

interface Waiting {
  conversion: Conversion
  resolve(converted: Converted): void
  reject(error: unknown): void
}

/** @param signal aborted when the server closes. */
export function createConvert (workers: Pick<Workers, 'run'>, signal: AbortSignal): Convert {
  const waiting: Waiting[] = []
  let isServing = false

  async function serve (): Promise<void> {
    while (waiting.length > 0) await answer(takeNext(waiting))
    isServing = false
  }
  /** One file that ends the worker, or takes too long, does so alone in the end. */
  async function answer (files: Waiting[]): Promise<void> {
    try {
      const found = await run(workers, files.map(({ conversion }) => conversion), signal)
      for (const [index, { resolve }] of files.entries()) resolve(found[index]!)
    } catch (error) {
      if (files.length > 1 && !signal.aborted) for (const file of files) await answer([file])
      else for (const { reject } of files) reject(error)
    }
  }

  return (conversion) =>
    new Promise((resolve, reject) => {
      waiting.push({ conversion, resolve, reject })
      if (isServing) return
      isServing = true
      setImmediate(serve)
    })
}

function takeNext (waiting: Waiting[]): Waiting[] {
  let bytes = 0
  const most = waiting.findIndex(({ conversion }) => (bytes += conversion.bytes.length) > TASK_BYTES)
  return waiting.splice(0, most < 0 ? waiting.length : Math.max(1, most))
}

/** @throws SkippedFile when it takes too long or too much memory. */
async function run (
  workers: Pick<Workers, 'run'>,
  conversions: Conversion[],
  signal: AbortSignal
): Promise<Converted[]> {
  while (true) {
    try {
      return await workers.run<Converted[]>(TASK, conversions, {
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
