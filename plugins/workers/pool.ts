// The workers that live: a worker is stored for the next task of the same caller and kind, ends when it is not needed
// for some seconds, and there are never more than `size`.
// Tested in test/plugins/workers.test.ts.
import type { Permissions } from './permissions.ts'
import { WorkerProcess, type WorkerLimits } from './process.ts'

export interface PoolOptions extends WorkerLimits {
  size: number
  /** Milliseconds after which a worker without work ends. */
  idleMs: number
}

/** A process, and for whom it works: what one caller's task left behind in it must meet no other caller's input. */
export interface PooledWorker {
  readonly caller: string
  readonly process: WorkerProcess
}

export class Pool {
  readonly #options: PoolOptions
  readonly #all = new Set<PooledWorker>()
  /** The one that has waited longest comes first. */
  readonly #idle = new Map<PooledWorker, NodeJS.Timeout>()

  constructor (options: PoolOptions) {
    this.#options = options
  }

  /** The caller holds one of `size` turns, so there is always room. Give it back with {@link Pool.give}. */
  take (caller: string, permissions: Permissions): PooledWorker {
    const warm = [...this.#idle.keys()].findLast(
      ({ caller: owner, process }) => process.isAlive && process.key === permissions.key && owner === caller
    )
    if (warm) {
      this.#wake(warm)
      return warm
    }
    const [oldest] = this.#idle.keys()
    if (this.#all.size >= this.#options.size && oldest) this.#end(oldest)
    const worker = { caller, process: new WorkerProcess(permissions, this.#options) }
    this.#all.add(worker)
    worker.process.ended.then(() => this.#forget(worker))
    return worker
  }

  /** One that is worn is not stored: its memory goes back to the machine. */
  give (worker: PooledWorker): void {
    if (!worker.process.isAlive || worker.process.isWorn) return this.#end(worker)
    this.#idle.set(worker, setTimeout(() => this.#end(worker), this.#options.idleMs).unref())
  }

  async close (): Promise<void> {
    const all = [...this.#all]
    for (const worker of all) this.#end(worker)
    await Promise.all(all.map(({ process }) => process.ended))
  }

  #end (worker: PooledWorker): void {
    this.#forget(worker)
    worker.process.kill('it was no longer needed')
  }

  #forget (worker: PooledWorker): void {
    this.#wake(worker)
    this.#all.delete(worker)
  }

  #wake (worker: PooledWorker): void {
    clearTimeout(this.#idle.get(worker))
    this.#idle.delete(worker)
  }
}
