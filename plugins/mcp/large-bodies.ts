// How much of large messages is kept from their first byte until they are answered: they come at once on hundreds of
// connections, and a call may wait for a person, for a worker or for an existing server, a hundred of one person (threat OW-26).
// Tested in test/plugins/mcp/large-bodies.test.ts.
import type { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { createCounts } from '../counts.ts'
import { sharerOf, type LargeBody, type McpRequest } from './contract.ts'
import { INTERNAL_ERROR, JsonRpcError } from './json-rpc-error.ts'

/** Nearly all messages are smaller; of these the number is bounded. */
export const LARGE_BYTES = 64 * 1024
/** Bytes of large messages that are not answered. */
export const LARGE_BOUNDS = { perCaller: 16 * 1024 * 1024, inAll: 64 * 1024 * 1024 }
/** Once they take half of all, this part of a share is what a caller has: the rest is for those who have little. */
const WHEN_BUSY = 1 / 4

export class LargeBodies {
  readonly #sizes = new WeakMap<FastifyRequest, number>()
  /** Bytes of each sharer. */
  readonly #held = createCounts()
  #all = 0
  /** Bytes of each who sends them, which are on their way or wait for their turn. */
  readonly #waiting = createCounts()

  /** @param bytes of the body, before it is parsed. */
  note (request: FastifyRequest, bytes: number): void {
    if (bytes > LARGE_BYTES) this.#sizes.set(request, bytes)
  }

  /**
   * Until all of it is here, a body counts for whoever sends it: as its head says, or, where that says nothing, as it comes.
   * @param declared bytes, if its head says how many.
   * @throws JsonRpcError 503 for a large one that is too much; of one without a length, the body ends with it.
   */
  arrive (sender: string, body: Readable, declared: number | undefined): void {
    if (declared !== undefined && declared <= LARGE_BYTES) return
    let counted = 0
    const count = (bytes: number) => {
      counted += bytes
      this.#waiting.add(sender, bytes)
      return counted <= LARGE_BYTES || this.#waiting.of(sender) <= LARGE_BOUNDS.perCaller
    }
    const release = () => {
      this.#waiting.add(sender, -counted)
      counted = 0
    }
    if (declared === undefined) body.on('data', (piece: Buffer) => { if (!count(piece.length)) body.destroy(tooMany()) })
    else if (!count(declared)) {
      release()
      throw tooMany()
    }
    body.once('end', release)
    body.once('close', release)
  }

  /**
   * Until its turn to be parsed has come, a body counts for whoever sent it.
   * @returns what is called then.
   * @throws JsonRpcError 503 for one that is too much; of small ones there may be twice as much.
   */
  wait (sender: string, bytes: number): () => void {
    const most = LARGE_BOUNDS.perCaller * (bytes > LARGE_BYTES ? 1 : 2)
    if (this.#waiting.of(sender) + bytes > most) throw tooMany()
    this.#waiting.add(sender, bytes)
    return () => this.#waiting.add(sender, -bytes)
  }

  /**
   * Until those who work with the message are done with it, its bytes count for its caller.
   * @returns undefined for one that is not large.
   * @throws JsonRpcError 503 where there is no room for it.
   */
  hold (request: FastifyRequest, caller: Pick<McpRequest, 'access' | 'address'>): LargeBody | undefined {
    const bytes = this.#sizes.get(request)
    if (bytes === undefined) return undefined
    const sharer = sharerOf(caller)
    const share = LARGE_BOUNDS.perCaller * (this.#all < LARGE_BOUNDS.inAll / 2 ? 1 : WHEN_BUSY)
    if (this.#held.of(sharer) + bytes > share || this.#all + bytes > LARGE_BOUNDS.inAll) {
      throw tooMany()
    }
    this.#add(sharer, bytes)
    let users = 1
    return {
      keep: () => { users++ },
      done: () => { if (--users === 0) this.#add(sharer, -bytes) }
    }
  }

  #add (sharer: string, bytes: number): void {
    this.#all += bytes
    this.#held.add(sharer, bytes)
  }
}

const tooMany = () =>
  new JsonRpcError(503, INTERNAL_ERROR, 'Too many large messages wait for their answers: try again in a few seconds', {
    headers: { 'retry-after': '5' }
  })
