// Heavy or hostile work outside the server's own process, where it reaches nothing, can be killed at its timeout, and
// can exhaust only its own memory.
import { availableParallelism } from 'node:os'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { ToolError } from '../authoring/tool.ts'
import { defaultMaxBytes } from './workers/memory.ts'
import { permissionsOf } from './workers/permissions.ts'
import { Pool } from './workers/pool.ts'
import { ProcessEnded } from './workers/process.ts'
import { TooManyWaiting, Turns } from './workers/fair-queue.ts'

declare module 'fastify' {
  interface FastifyInstance {
    workers: Workers
  }
}

export type RunOptions = Share &
  ({ timeout: number; signal?: AbortSignal | undefined } | { timeout?: number | undefined; signal: AbortSignal })

/**
 * Besides, a task has an end: after `timeout` milliseconds, waiting for a free worker included, or when `signal` is
 * aborted.
 */
interface Share {
  /**
   * Whose share of the workers this takes: the id of a user, `null` for all who have not signed in together, or, for
   * work of the server itself, which part of it: then nobody's calls wait behind it, nor it behind theirs.
   */
  person: string | null | { server: string }
  /** Real paths of files that the task may read besides its own code. */
  reads?: readonly string[] | undefined
}

export interface Workers {
  /**
   * Runs the default export of a module, `(input) => output`, in a child process. The process has no environment and no
   * network, starts no
   * other, writes no file, and reads only the folder of its package that the module lies in, the packages, and `reads`.
   * @param task the module's file URL: `new URL('./task.ts', import.meta.url)`.
   * @param input travels by structured clone, and so does the output.
   * @throws ToolError which the task threw; WorkersBusy; WorkerDied; the signal's reason once it is aborted, and a
   * TimeoutError at the deadline.
   */
  run<Out>(task: URL, input: unknown, options: RunOptions): Promise<Out>
}

/** Too much work is waiting already, so this was not begun. A 503 for a route; as a ToolError, a model can read it. */
export class WorkersBusy extends ToolError {
  readonly statusCode = 503

  constructor (whose: 'own' | 'all' = 'all') {
    super(
      whose === 'own'
        ? 'Too many of your own calls are waiting already, so this was not begun. Wait for one of them to end, then try again.'
        : 'The server is busy with other work and did not begin this. Try again in a few seconds.'
    )
  }
}

/** The worker's process ended in the middle of the task. */
export class WorkerDied extends ToolError {
  constructor (options?: ErrorOptions) {
    super(
      'This was stopped before it was done, most likely because it needed more memory than one task may use. Ask for less at once.',
      options
    )
  }
}

export interface WorkersOptions {
  /** Tasks that run at once. */
  size?: number
  /** Tasks that may wait for a free worker, of everybody together; one more takes the place of another. */
  maxWaiting?: number
  /** Tasks of one person that may wait; one more is refused. */
  maxWaitingEach?: number
  /** Megabytes of JavaScript heap in each worker. */
  heapMb?: number
  /** Bytes of everything that a worker may hold, buffers too. */
  maxBytes?: number
  /** Milliseconds after which a worker without work ends. */
  idleMs?: number
}

/** At least two, so that one long task does not hold up all others. */
const defaultSize = Math.min(4, Math.max(2, availableParallelism()))

/**
 * Child processes rather than threads: a thread in native code (SQLite) cannot be terminated, one huge array in a
 * thread
 * aborts the whole server whatever its resourceLimits say, and permissions are those of a process.
 */
export default fp(
  async function workers (app: FastifyInstance, options: WorkersOptions) {
    const {
      size = defaultSize,
      maxWaiting = 64,
      maxWaitingEach = 16,
      heapMb = 256,
      maxBytes = defaultMaxBytes(),
      idleMs = 20_000
    } = options
    const pool = new Pool({ size, heapMb, maxBytes, idleMs })
    // One person alone gets half of the workers: the next to come finds one that is free, or is so soon.
    const turns = new Turns({
      running: size,
      runningEach: Math.max(1, Math.floor(size / 2)),
      waiting: maxWaiting,
      waitingEach: maxWaitingEach
    })
    const closing = new AbortController()

    app.decorate('workers', {
      async run<Out>(task: URL, input: unknown, { person, timeout, signal, reads }: RunOptions) {
        const stop = AbortSignal.any([
          closing.signal,
          ...(signal ? [signal] : []),
          ...(timeout === undefined ? [] : [AbortSignal.timeout(timeout)])
        ])
        const permissions = permissionsOf(task, reads)
        try {
          const done = await turns.take(lineOf(person), stop)
          try {
            const worker = pool.take(permissions)
            try {
              return (await worker.run({ task: task.href, input }, stop)) as Out
            } finally {
              pool.give(worker)
            }
          } finally {
            done()
          }
        } catch (error) {
          stop.throwIfAborted()
          if (error instanceof TooManyWaiting) throw new WorkersBusy(error.own ? 'own' : 'all')
          if (!(error instanceof ProcessEnded)) throw readError(error)
          app.log.warn({ task: task.pathname.split('/').at(-1), why: error.message }, 'a worker died')
          throw new WorkerDied({ cause: error })
        }
      }
    })
    app.addHook('onClose', async () => {
      closing.abort(new WorkersBusy())
      await pool.close()
    })
  },
  { name: 'workers' }
)

const lineOf = (person: RunOptions['person']): string =>
  typeof person === 'string' ? `user ${person}` : person === null ? 'nobody' : `server ${person.server}`

/** A class does not travel. */
const readError = (error: unknown): unknown =>
  (error as Error).name === 'ToolError' ? new ToolError((error as Error).message) : error
