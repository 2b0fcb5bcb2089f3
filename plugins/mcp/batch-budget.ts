// What the messages of one batch may cost together: each starts on its own turn of the event loop, and their results
// share one bound (MCP 2025-03-26 "JSON-RPC batching").
import { setImmediate as nextTurn } from 'node:timers/promises'

/** Characters of all results of a batch, as JSON. */
export const MAX_BATCH_CHARACTERS = 4 * 1024 * 1024

export class BatchBudget {
  #turn: Promise<void> = Promise.resolve()
  #left: number

  constructor (characters = MAX_BATCH_CHARACTERS) {
    this.#left = characters
  }

  /** Resolves on a turn of the event loop that no other message of the batch starts on, so that others are served. */
  turn (): Promise<void> {
    this.#turn = this.#turn.then(() => nextTurn())
    return this.#turn
  }

  /** Whether no further result fits: what has not begun yet must not run. */
  get isSpent (): boolean {
    return this.#left <= 0
  }

  /** @returns whether a result of this many characters fits; if it does not, no later one does. */
  take (characters: number): boolean {
    this.#left -= characters
    return this.#left >= 0
  }
}
