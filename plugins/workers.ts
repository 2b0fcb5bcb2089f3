// Heavy or hostile work outside the server's own process, where it reaches nothing, can be killed at its timeout, and
// can exhaust only its own memory.
// The room workers/ owns the processes: their permissions, limits and pipe, the queue in which people take turns, and
// the pool.
import { availableParallelism } from 'node:os'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { ToolError } from '../authoring/tool.ts'
import { defaultMaxBytes } from './workers/memory.ts'
import { permissionsOf } from './workers/permissions.ts'
import { Pool } from './workers/pool.ts'
import { ProcessEnded } from './workers/process.ts'
import { FairQueue, GaveWay, TooManyWaiting } from './workers/fair-queue.ts'

declare module 'fastify' {
  interface FastifyInstance {
    workers: Workers
  }
}

export type RunOptions = Share &
  ({ timeout: number; signal?: AbortSignal | undefined } | { timeout?: number | undefined; signal: AbortSignal })

/**
 * A task has an end besides: when `signal` is aborted, and after `timeout` milliseconds. These count from its beginning
 * (see `begun`) where a signal bounds the wait, and otherwise from the call of `run`, with the wait for a free worker.
 */
interface Share {
  /**
   * Whose share of the workers this takes: the id of a user, or the address of a caller who has not signed in; or a part
   * of the server, which has a queue and a worker of its own. `share`: for whom it works, who take turns in its queue.
   */
  person: string | { server: string; share?: string | undefined }
  /** Real paths of files that the task may read besides its own code. */
  reads?: readonly string[] | undefined
  /** Called when the task begins: its process is there, and has loaded its code. */
  begun?: (() => void) | undefined
}

export interface Workers {
  /**
   * Runs the default export of a module, `(input) => output`, in a child process. The process has no environment and no
   * network, starts no other process, writes no file, and reads only the folder of its package that the module lies in,
   * the packages, and `reads`. It serves no other caller before or after.
   * @param task the module's file URL: `new URL('./task.ts', import.meta.url)`.
   * @param input travels by structured clone, and so does the output.
   * @throws ToolError that the task threw; WorkersBusy; WorkerDied; the signal's reason once it is aborted, and a
   * TimeoutError after `timeout`.
   */
  run<Out>(task: URL, input: unknown, options: RunOptions): Promise<Out>
}

const BUSY = {
  own: 'Too many of your own calls are waiting already, so this was not begun. Wait for one of them to end, then try again.',
  all: 'The server is busy with other work and did not begin this. Try again in a few seconds.',
  stopped: 'This took long while others were waiting, so it was stopped. Ask for less at once, or try again later.'
}

const TOO_DEEP = 'What was passed is nested too deep. Pass it flatter, or a smaller part of it.'

/** The server has more work than workers. A 503 for a route; as a ToolError, a model can read it. */
export class WorkersBusy extends ToolError {
  readonly statusCode = 503

  constructor (why: keyof typeof BUSY = 'all') {
    super(BUSY[why])
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
  /** Tasks of people that run at once. */
  size?: number
  /** Tasks that may wait for a free worker, of all people together; one more takes the place of another. */
  maxWaiting?: number
  /** Tasks of one person that may wait; one more is refused. */
  maxWaitingEach?: number
  /** Milliseconds after which a task that has begun is stopped as soon as another person finds no free worker. */
  sliceMs?: number
  /** Megabytes of JavaScript heap in each worker. */
  heapMb?: number
  /** Bytes of everything that a worker may hold, buffers too. */
  maxBytes?: number
  /** Milliseconds after which a worker without work ends. */
  idleMs?: number
}

/** What a process may take to start, on a machine with much to do, before the time of its task counts all the same. */
export const MAX_START_MS = 10_000

/** At least two, so that one long task does not hold up all others. */
const defaultSize = Math.min(4, Math.max(2, availableParallelism()))

/** A queue and the workers that serve it. */
interface Lane {
  queue: FairQueue
  pool: Pool
}

/**
 * Child processes rather than threads: a thread in native code (SQLite) cannot be terminated, one huge array in a
 * thread aborts the whole server despite its resourceLimits, and permissions are those of a process.
 */
export default fp(
  async function workers (app: FastifyInstance, options: WorkersOptions) {
    const lanes = createLanes(options)
    const closing = new AbortController()

    app.decorate('workers', {
      async run<Out>(task: URL, input: unknown, { person, timeout, signal, reads, begun }: RunOptions) {
        const stop = AbortSignal.any([
          closing.signal,
          ...(signal ? [signal] : []),
          ...(signal || timeout === undefined ? [] : [AbortSignal.timeout(timeout)])
        ])
        try {
          const work = { task, input, person, reads, begun, timeout: signal && timeout }
          return (await runIn(lanes.of(person), work, stop)) as Out
        } catch (error) {
          stop.throwIfAborted()
          if (error instanceof TooManyWaiting) throw new WorkersBusy(error.own ? 'own' : 'all')
          if (error instanceof GaveWay) throw new WorkersBusy('stopped')
          if (!(error instanceof ProcessEnded)) throw readError(error)
          app.log.warn({ task: task.pathname.split('/').at(-1), why: error.message }, 'a worker died')
          throw new WorkerDied({ cause: error })
        }
      }
    })
    app.addHook('onClose', async () => {
      closing.abort(new WorkersBusy())
      await lanes.close()
    })
  },
  { name: 'workers' }
)

/**
 * One lane for all people, and one for each part of the server, of one worker: the server's own work never waits
 * for that of people.
 */
function createLanes ({
  size = defaultSize,
  maxWaiting = 64,
  maxWaitingEach = 16,
  sliceMs = 3_000,
  heapMb = 256,
  maxBytes = defaultMaxBytes(),
  idleMs = 20_000
}: WorkersOptions) {
  const open = (size: number, runningEach: number, waitingEach: number): Lane => ({
    queue: new FairQueue({ running: size, runningEach, waiting: maxWaiting, waitingEach, sliceMs, startMs: MAX_START_MS }),
    pool: new Pool({ size, heapMb, maxBytes, idleMs })
  })
  // One person alone gets half of the workers: the next caller finds one that is free.
  const people = open(size, Math.max(1, Math.floor(size / 2)), maxWaitingEach)
  const parts = new Map<string, Lane>()
  return {
    of (person: RunOptions['person']): Lane {
      if (typeof person === 'string') return people
      const lane = parts.get(person.server) ?? open(1, 1, maxWaiting)
      parts.set(person.server, lane)
      return lane
    },
    async close (): Promise<void> {
      await Promise.all([people, ...parts.values()].map(({ pool }) => pool.close()))
    }
  }
}

async function runIn (
  { queue, pool }: Lane,
  { task, input, person, reads, begun, timeout }: Share & { task: URL; input: unknown; timeout: number | undefined },
  signal: AbortSignal
): Promise<unknown> {
  const caller = typeof person === 'string' ? `user ${person}` : 'server'
  const line = typeof person === 'string' ? caller : `for ${person.share ?? 'all'}`
  const permissions = permissionsOf(task, reads)
  const turn = await queue.take(line, signal)
  const time = startTime(timeout)
  const begin = () => {
    turn.begin()
    time.begin()
    begun?.()
  }
  const limit = AbortSignal.any([turn.signal, time.signal])
  try {
    const worker = pool.take(caller, permissions)
    try {
      return await worker.process.run({ task: task.href, input }, AbortSignal.any([signal, limit]), begin)
    } catch (error) {
      limit.throwIfAborted()
      throw error
    } finally {
      pool.give(worker)
    }
  } finally {
    time.end()
    turn.release()
  }
}

/** The time of a task counts from its beginning. Until then its process has {@link MAX_START_MS} besides. */
function startTime (timeout: number | undefined) {
  const controller = new AbortController()
  const endAfter = (ms: number) =>
    setTimeout(() => controller.abort(new DOMException('The task took too long.', 'TimeoutError')), ms)
  let timer = timeout === undefined ? undefined : endAfter(MAX_START_MS + timeout)
  const end = () => clearTimeout(timer)
  return {
    signal: controller.signal,
    begin: () => {
      end()
      timer = timeout === undefined ? undefined : endAfter(timeout)
    },
    end
  }
}

/** A class does not travel. What overflows the stack, here or there, is how deep the input is nested. */
function readError (error: unknown): unknown {
  const { name, message } = error as Error
  if (name === 'RangeError' && message === 'Maximum call stack size exceeded') return new ToolError(TOO_DEEP)
  return name === 'ToolError' ? new ToolError(message) : error
}
