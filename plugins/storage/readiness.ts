// Whether storage answers, cached for a second: load balancers, engines and strangers call the health endpoints as often
// as they like, and each check may write to the disk (threat ST-02).
import type { Clock } from '../../clock.ts'
import { isRecent } from '../is-recent.ts'

const CACHED_SECONDS = 1

/**
 * @param check asks the storage itself.
 * @returns a check that repeats the last answer, also a failure; callers during a check wait for the same answer.
 */
export function cacheCheck (check: () => Promise<void>, now: Clock): () => Promise<void> {
  let answer: Promise<void> | undefined
  let answeredAt: number | undefined
  const ask = async () => {
    try {
      await check()
    } finally {
      answeredAt = now()
    }
  }
  return () => {
    if (answer === undefined || (answeredAt !== undefined && !isRecent(answeredAt, CACHED_SECONDS, now()))) {
      answeredAt = undefined
      answer = ask()
    }
    return answer
  }
}
