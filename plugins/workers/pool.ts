// The workers that live: kept warm for the next task of their kind, ended when nobody has needed them for a while, and
// never more than `size`.
import type { Permissions } from './permissions.ts'
import { WorkerProcess, type WorkerLimits } from './process.ts'

export interface PoolOptions extends WorkerLimits {
  size: number
  /** Milliseconds after which a worker without work ends. */
  idleMs: number
}

export class Pool {
  readonly #options: PoolOptions
  readonly #all = new Set<WorkerProcess>()
  /** The one that has waited longest comes first. */
  readonly #idle = new Map<WorkerProcess, NodeJS.Timeout>()

  constructor (options: PoolOptions) {
    this.#options = options
  }

  /** The caller holds one of `size` turns, so there is always room. Give it back with {@link Pool.give}. */
  take (permissions: Permissions): WorkerProcess {
    const warm = [...this.#idle.keys()].findLast(({ key, isAlive }) => isAlive && key === permissions.key)
    if (warm) {
      this.#wake(warm)
      return warm
    }
    const [oldest] = this.#idle.keys()
    if (this.#all.size >= this.#options.size && oldest) this.#end(oldest)
    const worker = new WorkerProcess(permissions, this.#options)
    this.#all.add(worker)
    worker.ended.then(() => this.#forget(worker))
    return worker
  }

  /** One that has grown is not kept: its memory goes back to the machine. */
  give (worker: WorkerProcess): void {
    if (!worker.isAlive || worker.bytes > this.#options.maxBytes / 2) return this.#end(worker)
    this.#idle.set(worker, setTimeout(() => this.#end(worker), this.#options.idleMs).unref())
  }

  async close (): Promise<void> {
    const all = [...this.#all]
    for (const worker of all) this.#end(worker)
    await Promise.all(all.map(({ ended }) => ended))
  }

  #end (worker: WorkerProcess): void {
    this.#forget(worker)
    worker.kill('it was not needed any more')
  }

  #forget (worker: WorkerProcess): void {
    this.#wake(worker)
    this.#all.delete(worker)
  }

  #wake (worker: WorkerProcess): void {
    clearTimeout(this.#idle.get(worker))
    this.#idle.delete(worker)
  }
}
