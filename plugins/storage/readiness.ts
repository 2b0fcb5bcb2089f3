// Whether storage answers, asked once for everybody: load balancers, engines and strangers ask the health endpoints as
// often as they like, and each look writes to the disk (threat ST-02).
import type { Clock } from '../../clock.ts'

/** Seconds for which an answer counts. */
const REMEMBERED_SECONDS = 1

/**
 * @param check looks for itself. @param now seconds.
 * @returns what gives the answer of the last look, a refusal as well; who asks while it looks waits for the same
 * answer.
 */
export function rememberCheck (check: () => Promise<void>, now: Clock): () => Promise<void> {
  let answer: Promise<void> | undefined
  let answeredAt = -Infinity
  const look = async () => {
    try {
      await check()
    } finally {
      answeredAt = now()
    }
  }
  return () => {
    if (answer === undefined || now() - answeredAt >= REMEMBERED_SECONDS) {
      answeredAt = Infinity
      answer = look()
    }
    return answer
  }
}
