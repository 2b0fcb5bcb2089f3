// One request to an upstream that can ask the caller's person in between: it stays open there while the answer to the
// caller carries the question, and goes on when the caller comes back with what the person said (MCP "Elicitation",
// "Multi Round-Trip Requests").
// Tested in test/plugins/upstreams/upstream.test.ts.
import { randomBytes } from 'node:crypto'
import type { ElicitResult, Progress } from '@modelcontextprotocol/client'
import { UpstreamError, type Answered, type Exchange } from '../contract.ts'

type Result = Record<string, unknown>
type Questions = Extract<Answered, { kind: 'questions' }>['requests']

/** How long a person may take. */
const MAX_WAIT_MS = 300_000
/** An upstream may ask this often in one request. */
const MAX_QUESTIONS = 20

export interface ConversationOptions {
  upstream: string
  /** Milliseconds that the upstream may work between two answers of the person. */
  timeoutMs: number
  /** Of the first of these times what has gone by already, such as for the connection. */
  spentMs: number
  send(signal: AbortSignal, onProgress: (progress: Progress) => void): Promise<Result>
  /** Whether there is room for a request that waits for a person. @param holder see {@link Conversation.holder}. */
  mayWait(holder: string): boolean
}

export class Conversation {
  /** Of whom. */
  caller: string | undefined
  /** Whom it counts for: a person, or the address of a caller without sign-in. */
  holder = ''
  /** Resolves when the upstream has answered, or has been told to stop. */
  readonly ended: Promise<void>
  readonly #options: ConversationOptions
  readonly #controller = new AbortController()
  readonly #result: Promise<Result>
  readonly #open = new Map<string, { params: Record<string, unknown>; answer(result: ElicitResult): void }>()
  #exchange: Exchange | undefined
  #asked = 0
  #spentMs: number
  #id: string | undefined
  #onQuestion: (() => void) | undefined
  #expiry: NodeJS.Timeout | undefined
  /** Has it no longer end with what allowed it. */
  #unwatch = () => {}
  #isOver = false

  constructor (options: ConversationOptions) {
    this.#options = options
    this.#spentMs = options.spentMs
    this.#result = options.send(this.#controller.signal, (progress) => this.#exchange?.progress?.(progress))
    // Whoever waits gets the failure; nobody waits while a person is asked.
    this.ended = this.#result.then(() => {}, () => {}).finally(() => {
      this.#isOver = true
      clearTimeout(this.#expiry)
      this.#unwatch()
    })
  }

  /** What the caller brings back to go on: made for the few that ask something. */
  get id (): string {
    return (this.#id ??= randomBytes(16).toString('base64url'))
  }

  /** Who is told of log lines; `undefined` while a person is asked. */
  get exchange (): Exchange | undefined {
    return this.#exchange
  }

  /** @returns what the person said; a decline where nobody can be asked. */
  ask (params: Record<string, unknown>, signal: AbortSignal): Promise<ElicitResult> {
    if (++this.#asked > MAX_QUESTIONS || !this.#options.mayWait(this.holder)) return Promise.resolve({ action: 'decline' })
    return new Promise((resolve) => {
      const name = `question-${this.#asked}`
      const answer = (result: ElicitResult) => {
        this.#open.delete(name)
        resolve(result)
      }
      signal.addEventListener('abort', () => answer({ action: 'cancel' }), { once: true })
      this.#open.set(name, { params, answer })
      this.#onQuestion?.()
    })
  }

  /** Waits for the result, or for a question. @throws what `send` throws; UpstreamError when it takes too long. */
  async next (exchange: Exchange): Promise<Answered> {
    clearTimeout(this.#expiry)
    this.#exchange = exchange
    this.caller = exchange.caller?.id
    // An answer that came in at another instance has no site.
    this.holder = this.caller ?? (exchange.site === undefined ? this.holder : `site ${exchange.site}`)
    for (const [name, { answer }] of this.#open) {
      const response = exchange.retry?.responses[name]
      if (response !== undefined) answer(response as ElicitResult)
    }
    const outcome = await this.#wait(exchange.signal)
    this.#exchange = undefined
    if (outcome !== undefined) return { kind: 'result', result: outcome }
    this.#expiry = setTimeout(() => this.end('the person did not answer in time'), MAX_WAIT_MS).unref()
    this.#watch(exchange)
    return { kind: 'questions', requests: this.#questions(), state: this.id }
  }

  /** The caller has no request open that would end with their access. An answer that came in at another instance has no such thing. */
  #watch ({ whileAllowed }: Exchange): void {
    if (!whileAllowed || this.#isOver) return
    this.#unwatch()
    this.#unwatch = whileAllowed(() => this.end('the caller may not go on'))
  }

  end (reason: string): void {
    for (const { answer } of this.#open.values()) answer({ action: 'cancel' })
    this.#controller.abort(reason)
  }

  #questions (): Questions {
    return Object.fromEntries(
      [...this.#open].map(([name, { params }]) => [name, { method: 'elicitation/create' as const, params }])
    )
  }

  /** @returns undefined when a question is open. */
  async #wait (signal: AbortSignal): Promise<Result | undefined> {
    const { upstream, timeoutMs } = this.#options
    let timer: NodeJS.Timeout | undefined
    const onAbort = () => this.end('the caller has gone')
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    const asked = new Promise<undefined>((resolve) => {
      this.#onQuestion = () => resolve(undefined)
      if (this.#open.size > 0) resolve(undefined)
    })
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new UpstreamError(upstream, 'timeout', `no answer within ${timeoutMs / 1000} seconds`))
        this.end('the time is up')
      }, timeoutMs - this.#spentMs)
    })
    this.#spentMs = 0
    try {
      return await Promise.race([this.#result, asked, late])
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      this.#onQuestion = undefined
    }
  }
}
