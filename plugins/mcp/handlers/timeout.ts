// Waits for a call until its timeout, and while its client is connected (MCP "Cancellation"). The timer and the abort
// listener are armed on the next turn of the event loop: most calls have finished by then.
import type { McpRequest } from '../contract.ts'

export const TIMED_OUT = Symbol('timed out')

export class CallTimeout {
  readonly #request: Pick<McpRequest, 'signal'>
  readonly #timeout: number
  #controller: AbortController | undefined

  /** @param timeout milliseconds. */
  constructor (request: Pick<McpRequest, 'signal'>, timeout: number) {
    this.#request = request
    this.#timeout = timeout
  }

  get #stop (): AbortController {
    return (this.#controller ??= new AbortController())
  }

  /** Aborted when the result is no longer waited for. */
  get signal (): AbortSignal {
    return this.#stop.signal
  }

  /**
   * @returns {@link TIMED_OUT} when the time is up.
   * @throws what the call throws; when the client disconnects, the reason of the request's signal.
   */
  race<R>(call: Promise<R>): Promise<R | typeof TIMED_OUT> {
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined
      let onAbort: (() => void) | undefined
      const armed = setImmediate(() => {
        const { signal } = this.#request
        onAbort = () => {
          reject(signal.reason)
          this.#stop.abort(signal.reason)
        }
        if (signal.aborted) return onAbort()
        signal.addEventListener('abort', onAbort, { once: true })
        timer = setTimeout(() => {
          resolve(TIMED_OUT)
          this.#stop.abort(new DOMException('The time for this call is up', 'TimeoutError'))
        }, this.#timeout)
      })
      const disarm = () => {
        clearImmediate(armed)
        clearTimeout(timer)
        if (onAbort) this.#request.signal.removeEventListener('abort', onAbort)
      }
      call.then(
        (result) => {
          disarm()
          resolve(result)
        },
        (error: Error) => {
          disarm()
          reject(error)
        }
      )
    })
  }
}
