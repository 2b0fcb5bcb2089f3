// What an upstream of 2026-07-28 is asked to tell of, on one stream: another takes its place before it ends, and one that the
// upstream refuses changes nothing (MCP 2026-07-28 "Subscriptions").
import type { McpSubscription, SubscriptionFilter } from '@modelcontextprotocol/client'

/** @returns undefined where no stream is needed. */
type Open = (filter: SubscriptionFilter) => Promise<Pick<McpSubscription, 'close'> | undefined>

export class Listening {
  readonly #open: Open
  #filter: SubscriptionFilter = {}
  #stream: Pick<McpSubscription, 'close'> | undefined
  /** One after the other: each names all that those before it do. */
  #last: Promise<void> = Promise.resolve()

  constructor (open: Open) {
    this.#open = open
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

  async #replace (filter: SubscriptionFilter): Promise<void> {
    const stream = await this.#open(filter)
    const before = this.#stream
    this.#filter = filter
    this.#stream = stream
    before?.close().catch(() => {})
  }
}
