// How long a piece of work is waited for: until its timeout, and while its client is there (MCP "Cancellation"). Most
// work is over at once, so the clock and the ear for the client begin with the next turn of the event loop.
import type { McpRequest } from '../contract.ts'

export const TIMED_OUT = Symbol('timed out')

export class CallTimeout {
  readonly #exchange: Pick<McpRequest, 'signal'>
  readonly #timeout: number
  #made: AbortController | undefined

  /** @param timeout milliseconds. */
  constructor (exchange: Pick<McpRequest, 'signal'>, timeout: number) {
    this.#exchange = exchange
    this.#timeout = timeout
  }

  get #stop (): AbortController {
    return (this.#made ??= new AbortController())
  }

  /** Aborted when nobody waits any more. */
  get signal (): AbortSignal {
    return this.#stop.signal
  }

  /**
   * @returns {@link DEADLINE} when the time is up.
   * @throws what the work throws; when the client goes away, the reason of the exchange's signal.
   */
  race<R>(work: Promise<R>): Promise<R | typeof TIMED_OUT> {
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined
      let leave: (() => void) | undefined
      const begin = setImmediate(() => {
        const { signal } = this.#exchange
        leave = () => {
          reject(signal.reason)
          this.#stop.abort(signal.reason)
        }
        if (signal.aborted) return leave()
        signal.addEventListener('abort', leave, { once: true })
        timer = setTimeout(() => {
          resolve(TIMED_OUT)
          this.#stop.abort(new DOMException('The time for this call is up', 'TimeoutError'))
        }, this.#timeout)
      })
      const end = () => {
        clearImmediate(begin)
        clearTimeout(timer)
        if (leave) this.#exchange.signal.removeEventListener('abort', leave)
      }
      work.finally(end).then(resolve, reject)
    })
  }
}
