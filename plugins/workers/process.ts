// One worker: a process of its own that is closed to everything around it, and does one task at a time until it is
// killed.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { deserialize } from 'node:v8'
import type { Order, Report } from './child.ts'
import { offerToKernel, residentBytes } from './memory.ts'
import type { Permissions } from './permissions.ts'

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url))
const MEMORY_CHECK_MS = 50
/** Of what a process says of itself, for the log. */
const MAX_REASON_CHARACTERS = 300

export interface WorkerLimits {
  /** Megabytes of JavaScript heap. */
  heapMb: number
  /** Bytes of everything together, buffers too. */
  maxBytes: number
}

/** The process has ended in the middle of its task. The message says how, for the log. */
export class ProcessEnded extends Error {
  override readonly name = 'ProcessEnded'
}

export class WorkerProcess {
  /** See {@link Permissions.key}. */
  readonly key: string
  /** Settled when the process is gone. */
  readonly ended: Promise<void>
  readonly #child: ReturnType<typeof fork>
  readonly #maxBytes: number
  #isAlive: boolean
  #killedFor: string | undefined

  constructor ({ flags, reads, key }: Permissions, { heapMb, maxBytes }: WorkerLimits) {
    this.key = key
    this.#maxBytes = maxBytes
    // Nothing of its output is kept: what it is fed must not write into the operator's log.
    this.#child = fork(CHILD, reads, {
      execArgv: [...flags, `--max-old-space-size=${heapMb}`],
      env: {},
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc']
    })
    this.#child.on('error', () => {
      /* `isAlive`, or `exit`, says what became of it */
    })
    this.#isAlive = this.#child.pid !== undefined
    this.ended = this.#isAlive
      ? once(this.#child, 'exit').then(() => {
        this.#isAlive = false
      })
      : Promise.resolve()
    if (this.#isAlive) offerToKernel(this.#child.pid!)
    this.#hold(false)
  }

  get isAlive (): boolean {
    return this.#isAlive
  }

  /** Bytes that it has now. */
  get bytes (): number {
    return residentBytes(this.#child.pid ?? 0)
  }

  /**
   * @throws the task's error as it was reported; {@link ProcessEnded}; the signal's reason, and the process is killed
   * then.
   */
  async run (order: Order, signal: AbortSignal): Promise<unknown> {
    if (!this.#isAlive) throw new ProcessEnded('it could not be started')
    const done = new AbortController()
    const watch = setInterval(() => {
      if (this.bytes > this.#maxBytes) this.kill('it had more memory than it may have')
    }, MEMORY_CHECK_MS)
    const stop = () => this.kill('its task was stopped')
    signal.addEventListener('abort', stop, { once: true })
    this.#hold(true)
    try {
      this.#child.send(order, () => {
        /* not told: then it has ended, which `exit` says */
      })
      return await this.#answer(done.signal)
    } finally {
      this.#hold(false)
      signal.removeEventListener('abort', stop)
      clearInterval(watch)
      done.abort()
    }
  }

  async #answer (signal: AbortSignal): Promise<unknown> {
    const told = once(this.#child, 'message', { signal }).then(([report]: Report[]) => report!)
    const gone = once(this.#child, 'exit', { signal }).then(([code, by]) => {
      throw new ProcessEnded(this.#killedFor ?? `it ended with ${by ?? `code ${code}`}`)
    })
    const report = await Promise.race([told, gone])
    if ('result' in report) return deserialize(report.result)
    if ('unready' in report) { throw new ProcessEnded(`it could not be closed: ${report.unready.slice(0, MAX_REASON_CHARACTERS)}`) }
    throw Object.assign(new Error(), report.error)
  }

  kill (why: string): void {
    this.#killedFor ??= why
    this.#child.kill('SIGKILL')
    // Whoever closes the server waits for its end.
    this.#hold(true)
  }

  /** Whether it keeps the server's process from ending: only while something is expected of it. */
  #hold (expected: boolean): void {
    for (const handle of [this.#child, this.#child.channel]) expected ? handle?.ref() : handle?.unref()
  }
}
