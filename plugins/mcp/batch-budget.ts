// What the messages of one batch may cost together: each starts on its own turn of the event loop, also where its caller
// sends many batches, and their results share one bound (MCP 2025-03-26 "JSON-RPC batching").

/** Characters of all results of a batch, as JSON. */
export const MAX_BATCH_CHARACTERS = 4 * 1024 * 1024

export class BatchBudget {
  #turn: Promise<void> = Promise.resolve()
  #left: number
  readonly #nextTurn: () => Promise<void>

  /** @param nextTurn resolves in a later turn, in which something of this caller may begin. */
  constructor (nextTurn: () => Promise<void>, characters = MAX_BATCH_CHARACTERS) {
    this.#nextTurn = nextTurn
    this.#left = characters
  }

  /** Resolves on a turn of the event loop that no other message of the batch starts on, so that others are served. */
  turn (): Promise<void> {
    this.#turn = this.#turn.then(() => this.#nextTurn())
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
