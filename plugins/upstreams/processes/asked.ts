// Which requests a process has not answered. Of those that were canceled it need not answer any (MCP "Cancellation"), so that
// one which nobody waits for does not keep the process in use for ever.
import type { JSONRPCMessage, RequestId } from '@modelcontextprotocol/client'

/** Canceled requests whose answer is known to be one when it comes all the same. */
const MAX_CANCELED = 1_000

export class Asked {
  readonly #waitedFor = new Set<RequestId>()
  /** Oldest first. */
  readonly #canceled = new Set<RequestId>()

  /** Whether nobody waits for an answer. */
  get isNothing (): boolean {
    return this.#waitedFor.size === 0
  }

  /** Whether an answer may come. */
  get mayBeAnswered (): boolean {
    return this.#waitedFor.size + this.#canceled.size > 0
  }

  /** @returns whether it is a request. */
  noteSent (message: JSONRPCMessage): boolean {
    if (!('method' in message)) return false
    if ('id' in message) {
      // The first question of 2026-07-28 was left unanswered.
      if (message.method === 'initialize') this.#waitedFor.forEach((id) => this.#cancel(id))
      this.#waitedFor.add(message.id)
      return true
    }
    if (message.method === 'notifications/cancelled') this.#cancel(message.params?.['requestId'] as RequestId)
    return false
  }

  /** @returns whether it is an answer. */
  noteReceived (message: JSONRPCMessage): boolean {
    if ('method' in message || message.id === undefined) return false
    return this.#waitedFor.delete(message.id) || this.#canceled.delete(message.id)
  }

  #cancel (id: RequestId): void {
    if (this.#waitedFor.delete(id)) this.#canceled.add(id)
    if (this.#canceled.size > MAX_CANCELED) this.#canceled.delete(this.#canceled.values().next().value!)
  }
}
