// A connection to a process over its standard input and output (MCP "Transports", stdio).
import type { FastifyBaseLogger } from 'fastify'
import type { JSONRPCMessage, RequestId, Transport } from '@modelcontextprotocol/client'
import type { CommandTarget, UpstreamSettings } from '../../../config/upstreams.ts'
import { UpstreamError, type UpstreamFault } from '../contract.ts'
import { isNoAnswer } from '../message-bounds.ts'
import type { SharedBudget } from '../shared-budget.ts'
import { Asked } from './asked.ts'
import { createCleaner, type Clean } from './clean.ts'
import { ProcessGroup } from './group.ts'
import { describeEnd, launch, untilDrained, type UpstreamProcess } from './launch.ts'
import { createLineReader } from './lines.ts'
import { findId, readLine, refusal } from './messages.ts'
import { logStderr, type StderrLog } from './stderr.ts'
import { createThrottle } from './throttle.ts'
import { Unread } from './unread.ts'

/** Messages that are no answers, and other lines. */
const MAX_UNASKED_PER_SECOND = 1_000
/** It is parsed, and looked at once more by the client of the SDK. */
const BYTES_LIKE_A_MESSAGE = 1_000
const BLANK_LINES_LIKE_A_MESSAGE = 100
/** What a process has written before its end may take as long to arrive. */
const END_MS = 1_000

export interface ProcessBounds {
  /** Bytes of one message of a process. */
  maxMessageBytes: number
  /** Bytes that a process has not read yet; with more, nothing is sent to it, and with half of it nothing large. */
  maxUnreadBytes: number
  /** Lines of its output, one after the other, that are not MCP. */
  maxStrayLines: number
  /** Milliseconds between the end of its input, SIGTERM and SIGKILL. */
  graceMs: number
}

/** What is around a process. */
export interface Surroundings {
  log: FastifyBaseLogger
  bounds: ProcessBounds
  env: Record<string, string>
  /** What the processes of this upstream say unasked together. */
  said: SharedBudget
  /** @throws UpstreamError `busy`. */
  enter(): void
  /** @param group its id. */
  started(group: number): void
  /** It was not started, or all of it is gone. */
  left(): void
}

export class ProcessTransport implements Transport {
  onclose?: (() => void) | undefined
  onerror?: ((error: Error) => void) | undefined
  onmessage?: Transport['onmessage']
  /** Why it could not be started, or has ended by itself. It is also given to `onerror`. */
  fault: UpstreamError | undefined
  readonly #settings: UpstreamSettings
  readonly #target: CommandTarget
  readonly #around: Surroundings
  readonly #clean: Clean
  #starting: Promise<void> | undefined
  #child: UpstreamProcess | undefined
  #unread: Unread | undefined
  #group: ProcessGroup | undefined
  #stderr: StderrLog | undefined
  #isClosed = false
  #hasAnswered = false
  readonly #asked = new Asked()
  #strayLines = 0
  #saidStray = false

  constructor (settings: UpstreamSettings, target: CommandTarget, around: Surroundings) {
    this.#settings = settings
    this.#target = target
    this.#around = around
    this.#clean = createCleaner(settings.secrets)
  }

  /** When it was last asked something, in milliseconds. */
  usedAt = 0

  get isClosed (): boolean {
    return this.#isClosed
  }

  /** It has answered whatever anybody waits for. */
  get isIdle (): boolean {
    return !this.#isClosed && this.#hasAnswered && this.#asked.isNothing
  }

  /** By these two the client of the SDK knows that it talks to a process: one may leave its first question unanswered. */
  get pid (): number | undefined {
    return this.#group?.id
  }

  readonly stderr = null

  /** @throws UpstreamError `unreachable`, `busy`; nothing was sent. */
  start (): Promise<void> {
    return (this.#starting ??= this.#start())
  }

  async #start (): Promise<void> {
    if (this.#isClosed) throw this.#error('ended', 'it was closed before it was started', false)
    this.#around.enter()
    try {
      this.#child = await launch(this.#target, this.#around.env)
    } catch (error) {
      this.#isClosed = true
      this.#around.left()
      // It may name a value of the environment.
      const message = this.#clean(Buffer.from((error as Error).message))
      throw (this.fault = this.#error('unreachable', message, false))
    }
    this.#group = new ProcessGroup(this.#child, this.#around.bounds.graceMs)
    this.#around.started(this.#group.id)
    this.#unread = new Unread(this.#child.stdin, this.#around.bounds.maxUnreadBytes)
    this.#listen(this.#child, this.#group)
  }

  /** Resolves when the message is on its way. @throws UpstreamError `ended`, `busy`; it was not sent. */
  async send (message: JSONRPCMessage): Promise<void> {
    if (this.#isClosed || this.#child?.stdin.writable !== true) throw this.#error('ended', this.fault?.message ?? 'its process has ended', false)
    const isUnwritten = isCancel(message) && this.#unread!.cancel(message.params.requestId)
    if (!isUnwritten && !this.#unread!.send(message)) throw this.#error('busy', 'it does not read what is sent to it', false)
    if (this.#asked.noteSent(message)) this.usedAt = performance.now()
  }

  /** Ends the process. Resolves when it and all that it has started are gone. */
  async close (): Promise<void> {
    this.#finish()
    await this.#starting?.catch(() => {})
    await this.#group?.end()
  }

  #listen (child: UpstreamProcess, group: ProcessGroup): void {
    const { log, bounds, left } = this.#around
    this.#stderr = logStderr(child.stderr, log, this.#clean)
    const count = createThrottle(child.stdout, MAX_UNASKED_PER_SECOND, undefined, this.#around.said)
    const size = `larger than ${bounds.maxMessageBytes} bytes`
    const read = createLineReader(bounds.maxMessageBytes, {
      onLine: (line) => count(this.#read(line)),
      onBlank: () => count(1 / BLANK_LINES_LIKE_A_MESSAGE),
      onLongLine: (head, tail) => this.#refuse(size, head, tail),
      onEndless: () => this.#fail('malformed', `a message of it is ${size}, and does not end`),
      onFault: () => this.#fail('malformed', 'what it writes cannot be read')
    })
    child.stdout.on('data', (chunk: Buffer) => { if (!this.#isClosed) read(chunk) })
    // It may go on without one, and then would answer nothing more.
    child.stdout.once('end', () => setTimeout(() => this.#fail('ended', 'it closed its standard output'), END_MS).unref())
    // Pipes break when the process ends, which `exit` says.
    for (const stream of [child.stdin, child.stdout]) stream.on('error', () => {})
    child.once('exit', (code, signal) => {
      const drained = untilDrained(child)
      drained.then(() => this.#ended(describeEnd(this.#target.command, code, signal, this.#stderr?.lastLine)))
      // What it has started ends as well.
      const gone = group.end().then(left)
      Promise.all([drained, gone]).then(() => {
        for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy()
      })
    })
  }

  #ended (message: string): void {
    if (this.#hasAnswered) this.#fail('ended', message)
    else this.#fail('unreachable', `${message}. It had answered nothing`, false)
  }

  /** @returns what the line costs without having been asked for. */
  #read (line: Buffer): number {
    if (this.#isClosed) return 0
    const bytesCost = line.length / BYTES_LIKE_A_MESSAGE
    const content = readLine(line)
    if (content.kind === 'excessive') this.#refuse(content.why, line.subarray(0, 512), line.subarray(-512))
    else if (content.kind === 'stray') this.#ignore(line)
    else {
      this.#hasAnswered = true
      this.#strayLines = 0
      const unasked = content.messages.filter((message) => !this.#hand(message)).length
      return unasked === 0 ? 0 : unasked + bytesCost
    }
    return 1 + bytesCost
  }

  /** @returns whether it may be an answer. */
  #hand (received: JSONRPCMessage): boolean {
    const message = isNoAnswer(received) ? refusal(received.id, this.#error('malformed', 'its answer is not MCP', true)) : received
    const isAnswer = this.#asked.noteReceived(message)
    if (isAnswer) {
      // The client looks at a notification after this turn, and drops progress of what has been answered by then.
      queueMicrotask(() => this.#give(message))
    } else this.#give(message)
    return isAnswer
  }

  #give (message: JSONRPCMessage): void {
    try {
      this.onmessage?.(message)
    } catch (error) {
      this.onerror?.(error as Error)
    }
  }

  /**
   * An answer that is too large costs its own request an error, whose `data` is the UpstreamError. The process may be
   * working for others. What is no answer ends it.
   */
  #refuse (why: string, head: Buffer, tail: Buffer): void {
    if (this.#isClosed) return
    const id = findId(head, tail)
    const message = `a message of it is ${why}`
    if (id === undefined || !this.#asked.mayBeAnswered) return this.#fail('malformed', message)
    this.#hasAnswered = true
    this.#hand(refusal(id, this.#error('malformed', `its answer is ${why}`, true)))
  }

  #ignore (line: Buffer): void {
    const text = this.#clean(line)
    if (!this.#saidStray) {
      this.#saidStray = true
      this.#around.log.warn({ line: text }, 'the process writes something other than MCP to its standard output. ' +
        'It is ignored, and said once; have it log to its standard error')
    }
    if (++this.#strayLines <= this.#around.bounds.maxStrayLines) return
    this.#fail('malformed', `it is no MCP server on standard input and output: it writes lines such as ${text}`)
  }

  #fail (fault: UpstreamFault, message: string, wasSent = true): void {
    if (this.#isClosed) return
    this.fault = this.#error(fault, message, wasSent)
    this.onerror?.(this.fault)
    this.#finish()
    this.#group?.end()
  }

  #finish (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.onclose?.()
  }

  #error (fault: UpstreamFault, message: string, wasSent: boolean): UpstreamError {
    return new UpstreamError(this.#settings.name, fault, message, { wasSent })
  }
}

const isCancel = (message: JSONRPCMessage): message is JSONRPCMessage & { params: { requestId: RequestId } } =>
  'method' in message && message.method === 'notifications/cancelled' && message.params?.['requestId'] !== undefined
