// Hands files to a worker, those that wait together in one task.
import type { Workers } from '../workers.ts'
import type { Conversion, Converted } from './convert-task.ts'
import type { Convert } from './extract.ts'
import { createReader } from './reader.ts'

const TASK = new URL('./convert-task.ts', import.meta.url)
/** Milliseconds for one task. */
const TIMEOUT_MS = 60_000
/** Bytes in one task, unless it is a single file: handing over a small one alone takes longer than reading it. */
const TASK_BYTES = 500_000

interface Waiting {
  conversion: Conversion
  resolve(converted: Converted): void
  reject(error: unknown): void
}

/** @param signal aborted when the server closes. */
export function createConvert (workers: Pick<Workers, 'run'>, signal: AbortSignal): Convert {
  const read = createReader(workers, signal)
  const waiting: Waiting[] = []
  let isServing = false

  async function serve (): Promise<void> {
    while (waiting.length > 0) await answer(takeNext(waiting))
    isServing = false
  }
  /** One file that ends the worker, or takes too long, does so alone in the end. */
  async function answer (files: Waiting[]): Promise<void> {
    try {
      const found = await read<Converted[]>(TASK, files.map(({ conversion }) => conversion), TIMEOUT_MS)
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
