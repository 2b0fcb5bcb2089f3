// One worker: a closed process that runs one task at a time until it is killed.
// Tested in test/plugins/workers.test.ts and test/plugins/workers/process.test.ts.
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import { deserialize, serialize } from 'node:v8'
import type { Order } from './child.ts'
import { type Failure, MAX_FAILURE_BYTES, MAX_RESULT_BYTES, NONCE_BYTES, PIPE_FD, readFrames, ReportKind, writeFrame } from './frames.ts'
import { commandOf, MAX_BUSY_MS } from './launch.ts'
import { offerToKernel, residentBytes } from './memory.ts'
import type { Permissions } from './permissions.ts'
import { isBounded } from './values.ts'

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url))
const MEMORY_CHECK_MS = 50
/** Between normal (0) and below normal (10). */
const PRIORITY = 5
/** A report is a result with its nonce and kind, or an error that is short. */
const MAX_REPORT_BYTES = MAX_RESULT_BYTES + 1024
/** Of what a process says about itself. */
const MAX_REASON_CHARACTERS = 300

export interface WorkerLimits {
  /** Megabytes of JavaScript heap. */
  heapMb: number
  /** Bytes of everything together, buffers too. */
  maxBytes: number
}

/** The process ended in the middle of its task. The message says how, for the log. */
export class ProcessEnded extends Error {
  override readonly name = 'ProcessEnded'
}

/** Where cores are short, requests are served first. */
function giveWay (pid: number): void {
  try {
    setPriority(pid, PRIORITY)
  } catch {
    /* it has ended already */
  }
}

export class WorkerProcess {
  /** See {@link Permissions.key}. */
  readonly key: string
  /** Settled when the process has ended. */
  readonly ended: Promise<void>
  readonly #child: ChildProcess
  readonly #pipe: Socket | undefined
  readonly #maxBytes: number
  #isAlive: boolean
  #busyMs = 0
  #killedFor: string | undefined
  /** The order that is being worked on. A report counts for this one only. */
  #order: { nonce: Buffer; begun: (() => void) | undefined; report: (body: Buffer) => void } | undefined

  constructor ({ flags, reads, key }: Permissions, { heapMb, maxBytes }: WorkerLimits) {
    this.key = key
    this.#maxBytes = maxBytes
    const options = [...flags, `--max-old-space-size=${heapMb}`, CHILD, ...reads]
    const [program, args] = commandOf(options, reads.length > 0)
    // Its output is dropped: what it is given must not write into the operator's log. And it has no channel of Node's
    // own, whose messages Node would obey.
    this.#child = spawn(program, args, { env: {}, stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
    this.#child.on('error', () => {
      /* `isAlive`, or `exit`, says what became of it */
    })
    this.#isAlive = this.#child.pid !== undefined
    this.ended = this.#isAlive ? once(this.#child, 'exit').then(() => this.#end()) : Promise.resolve()
    // None where the server has no descriptors left.
    this.#pipe = this.#child.stdio?.[PIPE_FD] as Socket | undefined
    if (this.#pipe) this.#listen(this.#pipe)
    if (this.#isAlive) {
      offerToKernel(this.#child.pid!)
      giveWay(this.#child.pid!)
    }
    this.#hold(false)
  }

  get isAlive (): boolean {
    return this.#isAlive
  }

  /** Whether it has grown, or worked, so much that the next task should have a new process. */
  get isWorn (): boolean {
    return this.#bytes > this.#maxBytes / 2 || this.#busyMs > MAX_BUSY_MS
  }

  get #bytes (): number {
    return residentBytes(this.#child.pid ?? 0)
  }

  /**
   * @param begun called when the process is there, has loaded the code of the task, and begins.
   * @throws the task's error as it was reported; {@link ProcessEnded}; the signal's reason, and the process is killed
   * then.
   */
  async run (order: Order, signal: AbortSignal, begun: () => void): Promise<unknown> {
    if (!this.#isAlive || !this.#pipe) throw new ProcessEnded('it could not be started')
    const nonce = randomBytes(NONCE_BYTES)
    const started = performance.now()
    const watch = setInterval(() => {
      if (this.#bytes > this.#maxBytes) this.kill('it had more memory than it may have')
    }, MEMORY_CHECK_MS)
    const stop = () => this.kill('its task was stopped')
    signal.addEventListener('abort', stop, { once: true })
    this.#hold(true)
    try {
      const reported = new Promise<Buffer>((resolve) => {
        this.#order = { nonce, begun, report: resolve }
      })
      writeFrame(this.#pipe!, nonce, serialize(order))
      const gone = this.ended.then(() => {
        throw new ProcessEnded(this.#killedFor)
      })
      return this.#read(await Promise.race([reported, gone]))
    } finally {
      this.#order = undefined
      this.#busyMs += performance.now() - started
      this.#hold(false)
      signal.removeEventListener('abort', stop)
      clearInterval(watch)
    }
  }

  /** A worker that sends anything other than the report of its current order is no longer trusted. */
  #listen (pipe: Socket): void {
    // The pipe breaks when the process ends, which `exit` says.
    pipe.on('error', () => {})
    pipe.on('data', () => {
      if (this.#order === undefined) this.kill('it sent something without an order')
    })
    readFrames(
      pipe,
      MAX_REPORT_BYTES,
      (frame) => {
        const order = this.#order
        if (order === undefined || !frame.subarray(0, NONCE_BYTES).equals(order.nonce)) { return this.kill('it sent the report of another order') }
        const report = frame.subarray(NONCE_BYTES)
        if (report[0] === ReportKind.begun) return this.#begin(order)
        this.#order = undefined
        order.report(report)
      },
      () => this.kill('it sent more than it may')
    )
  }

  /** Once: reports without end would leave the server no time for anything else. */
  #begin (order: { begun: (() => void) | undefined }): void {
    const { begun } = order
    if (begun === undefined) return this.kill('it began its order twice')
    order.begun = undefined
    begun()
  }

  kill (why: string): void {
    this.#killedFor ??= why
    this.#child.kill('SIGKILL')
    // Of what it has sent already, which may be thousands of frames, nothing more is read.
    this.#pipe?.destroy()
    // A server that closes waits for its end.
    this.#hold(true)
  }

  #end (): void {
    this.#isAlive = false
    const { exitCode, signalCode } = this.#child
    this.#killedFor ??= `it ended with ${signalCode ?? `code ${exitCode}`}`
    this.#pipe?.destroy()
  }

  /** Whether it keeps the server's process from ending: only while something is expected of it. */
  #hold (isExpected: boolean): void {
    for (const handle of [this.#child, this.#pipe]) isExpected ? handle?.ref() : handle?.unref()
  }

  /** @throws the task's error. {@link ProcessEnded} when it could not be closed, or reports what no worker does. */
  #read (report: Buffer): unknown {
    const outcome = parse(report)
    if ('result' in outcome) return outcome.result
    if ('failure' in outcome) throw outcome.failure
    this.kill(outcome.distrust)
    throw new ProcessEnded(outcome.distrust)
  }
}

/** A report by its kind, or why a process that sent such a thing runs no other task. */
function parse (report: Buffer): { result: unknown } | { failure: Error } | { distrust: string } {
  const body = report.subarray(1)
  try {
    switch (report[0]) {
      case ReportKind.result:
        return isBounded(body) ? { result: deserialize(body) } : { distrust: 'it sent a result of too many values' }
      case ReportKind.failure: {
        if (body.length > MAX_FAILURE_BYTES) return { distrust: 'it sent a failure that is too long' }
        const { name, message, stack } = Object(JSON.parse(body.toString())) as Partial<Failure>
        const known = { name: String(name), ...(stack !== undefined && { stack: String(stack) }) }
        return { failure: Object.assign(new Error(String(message)), known) }
      }
      case ReportKind.unready:
        return { distrust: `it could not be closed: ${body.toString().slice(0, MAX_REASON_CHARACTERS)}` }
      default:
        return { distrust: 'it sent a report of no known kind' }
    }
  } catch {
    return { distrust: 'it sent a report that cannot be read' }
  }
}
