// What an upstream of 2026-07-28 is asked to tell of, on one stream: another takes its place before it ends, and one that the
// upstream refuses changes nothing (MCP 2026-07-28 "Subscriptions").
import type { McpSubscription, SubscriptionFilter } from '@modelcontextprotocol/client'

/** Milliseconds before a stream that has ended is opened again; doubled each time that it does not last. */
const MIN_PAUSE_MS = 1_000
const MAX_PAUSE_MS = 60_000
/** A stream that has lasted this long was a good one. */
const GOOD_AFTER_MS = 10_000

type Stream = Pick<McpSubscription, 'close'> & Partial<Pick<McpSubscription, 'closed'>>
/** @returns undefined where no stream is needed. */
type Open = (filter: SubscriptionFilter) => Promise<Stream | undefined>

export class Listening {
  readonly #open: Open
  readonly #onAgain: () => void
  #filter: SubscriptionFilter = {}
  #stream: Stream | undefined
  #openedAt = 0
  #failures = 0
  #timer: NodeJS.Timeout | undefined
  #isClosed = false
  /** One after the other: each names all that those before it do. */
  #last: Promise<void> = Promise.resolve()

  /** @param onAgain called once a stream has taken the place of one that ended by itself: what it would have told is missed. */
  constructor (open: Open, onAgain: () => void = () => {}) {
    this.#open = open
    this.#onAgain = onAgain
  }

  follows (uri: string): boolean {
    return this.#filter.resourceSubscriptions?.includes(uri) === true
  }

  /** @throws what the upstream refuses it with. */
  async change (edit: (filter: SubscriptionFilter) => SubscriptionFilter): Promise<void> {
    const changed = this.#last.then(() => this.#replace(edit(this.#filter)))
    this.#last = changed.catch(() => {})
    await changed
  }

  /** The connection is closed, and its stream with it. */
  close (): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  async #replace (filter: SubscriptionFilter): Promise<void> {
    const stream = await this.#open(filter)
    const before = this.#stream
    this.#filter = filter
    this.#stream = stream
    this.#openedAt = performance.now()
    stream?.closed?.then(() => {
      if (this.#stream === stream) this.#ended()
    })
    before?.close().catch(() => {})
  }

  /** By itself: a server that was renewed, or a proxy to which it was idle (MCP SDK: "No automatic re-listen"). */
  #ended (): void {
    this.#stream = undefined
    if (performance.now() - this.#openedAt >= GOOD_AFTER_MS) this.#failures = 0
    this.#later()
  }

  #later (): void {
    if (this.#isClosed) return
    const pause = Math.min(MIN_PAUSE_MS * 2 ** this.#failures++, MAX_PAUSE_MS)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      // Meanwhile another change may have opened one.
      if (this.#stream) return this.#onAgain()
      this.change((filter) => filter).then(this.#onAgain, () => this.#later())
    }, pause).unref()
  }
}
