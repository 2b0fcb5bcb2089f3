// How much of something costly one holder may have at once: what is left is for others, however fast they ask.
import { tooManyRequests } from '../../errors.ts'
import { createCounts } from '../counts.ts'

const RETRY_SECONDS = 1

/**
 * Runs the work while the holder has a place left.
 * @throws too_many_requests at once, with nothing begun.
 */
export type AtOnce = <R>(holder: string, work: () => Promise<R>) => Promise<R>

/** @param most of one holder. */
export function createAtOnce (most: number): AtOnce {
  const running = createCounts()
  return async (holder, work) => {
    if (running.of(holder) >= most) throw tooManyRequests(RETRY_SECONDS)
    running.add(holder, 1)
    try {
      return await work()
    } finally {
      running.add(holder, -1)
    }
  }
}
