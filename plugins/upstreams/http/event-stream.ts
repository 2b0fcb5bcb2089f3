// An answer that is a stream of events: each one bounded, and as JSON at once if the first is all that was waited for.
import type { IncomingMessage } from 'node:http'
import type { RequestId } from '@modelcontextprotocol/client'
import type { UpstreamSettings } from '../../../config/upstreams.ts'
import { createBudget } from '../budget.ts'
import { UpstreamError } from '../contract.ts'
import { isNoAnswer } from '../message-bounds.ts'
import type { ReadTurn, SharedBudget } from '../shared-budget.ts'
import { answersAnother, brokenAnswer, isAnswerTo, MAX_ANSWER_BYTES, noAnswer, parse, tooLarge } from './answer.ts'
import { EventReader, writeEvent, type ServerEvent } from './events.ts'
import { failure } from './failures.ts'
import type { LargeAnswers, Place } from './large-answers.ts'

/** What follows an answer is read for so long, so that the connection can be used again. */
const DRAIN_MS = 1000
/** Events that a stream is read for; beyond them it waits until the second is over, as a process does. */
const MAX_EVENTS_PER_SECOND = 1_000
const BYTES_LIKE_AN_EVENT = 10_000
/** Of an event that is not the answer: it is parsed here, written again, and parsed once more by the SDK. */
const UNASKED_BYTES_LIKE_AN_EVENT = 1_000
/** Also of comments, and of what is for another request. */
const LINES_LIKE_AN_EVENT = 100
/** As long as the SDK waits by itself: it would ask again at once, and for ever, if it were told to. */
const MIN_RETRY_MS = 1_000

export interface StreamOptions {
  settings: Pick<UpstreamSettings, 'name' | 'secrets'>
  /** Of the request that this stream answers; `undefined` for one that only brings what the upstream has to say. */
  id: RequestId | undefined
  /**
   * Called once, unless {@link id} is undefined, if the stream ends without the answer and cannot be continued.
   * @param of on a stream that answers other requests: the one that was answered with what is no answer.
   */
  onFailure: (error: UpstreamError, of?: RequestId) => void
  large: LargeAnswers
  /** For what is said besides answers, by all streams of the upstream. */
  said: SharedBudget
}

/** The answer, if it came first; otherwise all events, the first included. */
export type Streamed = { message: unknown } | { stream: ReadableStream<Uint8Array> }

export function readStream (answer: IncomingMessage, options: StreamOptions): Promise<Streamed> {
  return new Promise((resolve) => new EventStream(answer, options, resolve))
}

class EventStream {
  readonly #answer: IncomingMessage
  readonly #options: StreamOptions
  readonly #resolve: (streamed: Streamed) => void
  readonly #reader = new EventReader(MAX_ANSWER_BYTES)
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  #isAnswered: boolean
  /** An event with an id can be continued from (MCP "Resumability and Redelivery"). */
  #canContinue = false
  #isDone = false
  /** In events, of all that is read. */
  readonly #budget = createBudget(MAX_EVENTS_PER_SECOND, () => this.#resume())
  readonly #place: Place
  readonly #turn: ReadTurn

  constructor (answer: IncomingMessage, options: StreamOptions, resolve: (streamed: Streamed) => void) {
    this.#answer = answer
    this.#options = options
    this.#resolve = resolve
    this.#isAnswered = options.id === undefined
    this.#place = options.large(answer, () => this.#resume())
    this.#turn = options.said(answer, () => this.#resume())
    // The SDK waits for the head of such a stream, and this one may never have an event.
    if (this.#isAnswered) this.#stream()
    answer.on('data', (chunk: Buffer) => this.#take(chunk))
    answer.on('end', () => this.#end())
    answer.on('error', (cause) => this.#end(brokenAnswer(options.settings, cause)))
    answer.on('close', () => {
      this.#budget.end()
      this.#place.leave()
      this.#turn.leave()
      if (!this.#isDone) this.#end(brokenAnswer(options.settings))
    })
  }

  #take (chunk: Buffer): void {
    if (this.#isDone) return
    let cost = chunk.length / BYTES_LIKE_AN_EVENT
    try {
      const events = this.#reader.read(chunk)
      cost += events.length + this.#reader.lines / LINES_LIKE_AN_EVENT
      for (const event of events) {
        cost += event.data.length / UNASKED_BYTES_LIKE_AN_EVENT
        if (this.#takeEvent(event)) return this.#place.leave()
      }
      this.#budget.count(cost)
      if (this.#budget.isFull) this.#answer.pause()
      this.#turn.count(cost)
      if (events.length > 0) this.#place.leave()
      this.#place.grew(this.#reader.size)
    } catch (error) {
      // It is opened again, and what is refused costs as much.
      this.#turn.count(cost)
      this.#canContinue = false
      this.#end(error instanceof UpstreamError ? error : tooLarge(this.#options.settings))
    }
  }

  /** @returns whether nothing else is to come. */
  #takeEvent (event: ServerEvent): boolean {
    this.#canContinue ||= event.id !== undefined
    if (event.type === 'message' && event.data.length > 0) {
      const message = parse(this.#options.settings, event.data)
      const { id, settings, onFailure } = this.#options
      if (answersAnother(message, id)) return false
      if (id === undefined && isNoAnswer(message)) {
        onFailure(noAnswer(settings), message.id)
        return false
      }
      const isAnswer = !this.#isAnswered && [message].flat().some((one) => isAnswerTo(one, id))
      // The SDK takes no batch from a stream.
      if (isAnswer && (Array.isArray(message) || isNoAnswer(message))) throw noAnswer(settings)
      this.#isAnswered ||= isAnswer
      if (isAnswer) return this.#finish(event, message)
    }
    const stream = this.#enqueue(event)
    if (stream.desiredSize! <= 0) this.#answer.pause()
    return false
  }

  /** What an upstream says after its answer would be taken for what it says of another request (MCP "Streamable HTTP"). */
  #finish (event: ServerEvent, message: unknown): true {
    this.#isDone = true
    if (this.#controller) this.#enqueue(event).close()
    else this.#resolve({ message })
    const timer = setTimeout(() => this.#answer.destroy(), DRAIN_MS).unref()
    this.#answer.once('close', () => clearTimeout(timer))
    return true
  }

  #enqueue (event: ServerEvent): ReadableStreamDefaultController<Uint8Array> {
    const stream = this.#stream()
    stream.enqueue(writeEvent(event.retry === undefined ? event : { ...event, retry: Math.max(MIN_RETRY_MS, event.retry) }))
    return stream
  }

  #stream (): ReadableStreamDefaultController<Uint8Array> {
    if (this.#controller) return this.#controller
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller
      },
      pull: () => this.#resume(),
      cancel: () => {
        this.#isDone = true
        this.#answer.destroy()
      }
    })
    this.#resolve({ stream })
    return this.#controller!
  }

  /** Unless what has been read has to be worked on first. */
  #resume (): void {
    const isRead = !this.#controller || this.#controller.desiredSize! > 0
    if (isRead && !this.#budget.isFull && !this.#place.isWaiting && !this.#turn.isWaiting) this.#answer.resume()
  }

  #end (error?: UpstreamError): void {
    if (this.#isDone) return
    this.#isDone = true
    const { settings, onFailure } = this.#options
    const stream = this.#stream()
    if (error) stream.error(error)
    else stream.close()
    if (!this.#isAnswered && !this.#canContinue) {
      onFailure(error ?? failure(settings, 'ended', 'ended its stream without the answer'))
    }
    this.#answer.destroy()
  }
}
