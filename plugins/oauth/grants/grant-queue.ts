// Queues the changes of one grant inside this process: hundreds of refreshes of one token at once then cost storage one
// race per instance, not one per request.
import { StorageUnavailable } from '../../storage/contract.ts'

/** The longest time a change waits for those before it, however slow storage is. */
const MAX_WAIT_MS = 5_000

export type InTurn = <R>(id: string, work: () => Promise<R>) => Promise<R>

/**
 * @returns a function that runs `work` after all earlier work on the same id. Work on other ids does not wait. If
 * storage failed the work before, it would fail this too: the same error is thrown at once.
 */
export function createGrantQueue (): InTurn {
  const last = new Map<string, Promise<unknown>>()
  return <R>(id: string, work: () => Promise<R>): Promise<R> => {
    const queuedAt = performance.now()
    const begin = (): Promise<R> => {
      if (performance.now() - queuedAt > MAX_WAIT_MS) {
        throw new StorageUnavailable('too many changes of one grant at once')
      }
      return work()
    }
    const before = last.get(id)
    const turn =
      before === undefined
        ? work()
        : before.then(begin, (error: unknown) => {
          if (error instanceof StorageUnavailable) throw error
          return begin()
        })
    last.set(id, turn)
    const done = () => {
      if (last.get(id) === turn) last.delete(id)
    }
    turn.then(done, done)
    return turn
  }
}
