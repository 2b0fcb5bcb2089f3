// How much of something costly one holder may have at once: what is left is for others, however fast they ask.
import { tooManyRequests } from '../../errors.ts'

const RETRY_SECONDS = 1

/**
 * Runs the work while the holder has a place left.
 * @throws too_many_requests at once, with nothing begun.
 */
export type AtOnce = <R>(holder: string, work: () => Promise<R>) => Promise<R>

/** @param most of one holder. */
export function createAtOnce (most: number): AtOnce {
  const running = new Map<string, number>()
  return async (holder, work) => {
    const count = running.get(holder) ?? 0
    if (count >= most) throw tooManyRequests(RETRY_SECONDS)
    running.set(holder, count + 1)
    try {
      return await work()
    } finally {
      const left = running.get(holder)! - 1
      if (left > 0) running.set(holder, left)
      else running.delete(holder)
    }
  }
}
