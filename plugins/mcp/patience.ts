// How long a piece of work is waited for: until its deadline, and while its client is there (MCP "Cancellation"). Most work is over at once, so the clock and the ear for the client begin with the next turn of the event loop.
import type { Exchange } from './contract.ts'

export const DEADLINE = Symbol('deadline')

export interface Patience {
  /** Aborted when nobody waits any more. */
  readonly signal: AbortSignal
  /** @returns {@link DEADLINE} when the time is up. @throws what the work throws; when the client goes away, the reason of the exchange's signal. */
  waitFor<R> (work: Promise<R>): Promise<R | typeof DEADLINE>
}

/** @param deadline milliseconds. */
export function createPatience (exchange: Pick<Exchange, 'signal'>, deadline: number): Patience {
  let made: AbortController | undefined
  const stop = () => { made ??= new AbortController(); return made }

  return {
    get signal () { return stop().signal },
    waitFor: (work) => new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined
      let leave: (() => void) | undefined
      const begin = setImmediate(() => {
        const { signal } = exchange
        leave = () => {
          reject(signal.reason)
          stop().abort(signal.reason)
        }
        if (signal.aborted) return leave()
        signal.addEventListener('abort', leave, { once: true })
        timer = setTimeout(() => {
          resolve(DEADLINE)
          stop().abort(new DOMException('The time for this call is up', 'TimeoutError'))
        }, deadline)
      })
      const end = () => {
        clearImmediate(begin)
        clearTimeout(timer)
        if (leave) exchange.signal.removeEventListener('abort', leave)
      }
      work.finally(end).then(resolve, reject)
    })
  }
}
