// Heavy or hostile work outside the server's own process, where it can be killed at its deadline and can exhaust only its own memory.
import { availableParallelism } from 'node:os'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import PQueue from 'p-queue'
import type { Tinypool } from 'tinypool'
import { ToolError } from '../tools/define-tool.ts'

declare module 'fastify' {
  interface FastifyInstance { workers: Workers }
}

export interface Workers {
  /**
   * Runs the default export of a module, `(input) => output`, in a child process with an empty environment.
   * @param task the module's file URL: `new URL('./task.ts', import.meta.url)`.
   * @param input travels by structured clone, and so does the output.
   * @param options.deadline milliseconds, waiting for a free worker included; the worker is killed after them.
   * @throws ToolError which the task threw; WorkersBusy; WorkerDied; the signal's reason once it is aborted, and a TimeoutError at the deadline.
   */
  run<Out> (task: URL, input: unknown, options: { deadline: number, signal?: AbortSignal }): Promise<Out>
}

/** Too much work is waiting already, so this was not begun. A 503 for a route; as a ToolError, a model can read it. */
export class WorkersBusy extends ToolError {
  readonly statusCode = 503

  constructor () {
    super('The server is busy with other work and did not begin this. Try again in a few seconds.')
  }
}

/** The worker's process ended in the middle of the task. */
export class WorkerDied extends ToolError {
  constructor (options?: ErrorOptions) {
    super('This was stopped before it was done, most likely because it needed more memory than one task may use. Ask for less at once.', options)
  }
}

export interface WorkersOptions {
  /** Tasks that run at once. */
  size?: number
  /** Tasks that may wait for a free worker; one more is refused. */
  mostWaiting?: number
  /** Megabytes of JavaScript heap in each worker. */
  memory?: number
  /** Milliseconds after which a worker without work ends. */
  idle?: number
}

/** At least two, so that one long task does not hold up all others. */
const defaultSize = Math.min(4, Math.max(2, availableParallelism()))

/**
 * Child processes rather than threads: a thread in native code (SQLite) cannot be terminated, and one huge array
 * in a thread aborts the whole server whatever its resourceLimits say. Starting one takes 20 ms longer.
 */
export default fp(async function workers (app: FastifyInstance, { size = defaultSize, mostWaiting = 32, memory = 256, idle = 20_000 }: WorkersOptions) {
  let pool: Promise<Tinypool> | undefined
  const closing = new AbortController()
  // The pool's own queue would leave tasks waiting for ever behind a worker that was killed.
  const queue = new PQueue({ concurrency: size })

  const open = async () => {
    const { Tinypool } = await import('tinypool')
    const opened = new Tinypool({
      runtime: 'child_process',
      minThreads: 0,
      maxThreads: size,
      idleTimeout: idle,
      maxMemoryLimitBeforeRecycle: memory / 2 * 1024 * 1024,
      execArgv: [`--max-old-space-size=${memory}`],
      // No secret of the server's environment is within reach of a task.
      env: {},
      serialization: 'advanced'
    })
    opened.on('error', (error) => app.log.warn({ err: error }, 'an idle worker failed'))
    return opened
  }

  app.decorate('workers', {
    async run<Out> (task: URL, input: unknown, { deadline, signal }: { deadline: number, signal?: AbortSignal }) {
      const stop = AbortSignal.any([AbortSignal.timeout(deadline), closing.signal, ...(signal ? [signal] : [])])
      stop.throwIfAborted()
      if (queue.size >= mostWaiting) throw new WorkersBusy()
      try {
        return await queue.add(async () => (await (pool ??= open())).run(input, { filename: task.href, signal: stop }) as Promise<Out>, { signal: stop })
      } catch (error) {
        stop.throwIfAborted()
        const failure = readError(error)
        if (failure instanceof WorkerDied) app.log.warn({ err: failure, task: task.pathname.split('/').at(-1) }, 'a worker died')
        throw failure
      }
    }
  })
  app.addHook('onClose', async () => {
    closing.abort(new WorkersBusy())
    await (await pool)?.destroy()
  })
}, { name: 'workers' })

/** What the task threw arrives as a plain object; what is an error here already was made by the pool, when the process ended. */
function readError (error: unknown): Error {
  if (error instanceof DOMException) return error // DataCloneError: the input cannot travel
  if (error instanceof Error) return new WorkerDied({ cause: error })
  const { name, message, stack } = Object(error) as Partial<Error>
  if (name === 'ToolError') return new ToolError(message)
  return Object.assign(new Error(message ?? String(error)), { name: name ?? 'Error', stack })
}
