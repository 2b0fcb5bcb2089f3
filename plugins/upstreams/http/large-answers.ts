// How many large answers of one upstream are read at a time: until it is handed on, each takes several times its bytes.
// Tested in test/plugins/upstreams/http/large-answers.test.ts.
import type { IncomingMessage } from 'node:http'

/** Beyond it, an answer is large. */
export const LARGE_BYTES = 256 * 1024
const MAX_AT_ONCE = 4

/** Of one answer, from the moment it is large. */
export interface Place {
  /** Whether nothing more may be read of the answer for now. */
  readonly isWaiting: boolean
  /** @param bytes of the answer that are kept. One that is large, and for which there is no room, is paused. */
  grew(bytes: number): void
  /** What was kept of it is handed on, or dropped. It may grow again. */
  leave(): void
}

/** @param resume reads on, once there is room; by default at once. */
export type LargeAnswers = (answer: Pick<IncomingMessage, 'pause' | 'resume'>, resume?: () => void) => Place

export function createLargeAnswers (max = MAX_AT_ONCE): LargeAnswers {
  let running = 0
  /** In the order in which they came. */
  const waiting = new Set<() => void>()
  return (answer, resume = () => answer.resume()) => {
    let isIn = false
    const enter = () => {
      running++
      isIn = true
      if (waiting.delete(enter)) resume()
    }
    return {
      get isWaiting () {
        return waiting.has(enter)
      },
      grew (bytes) {
        if (bytes <= LARGE_BYTES || isIn || waiting.has(enter)) return
        if (running < max) return enter()
        waiting.add(enter)
        answer.pause()
      },
      leave () {
        waiting.delete(enter)
        if (!isIn) return
        isIn = false
        running--
        waiting.values().next().value?.()
      }
    }
  }
}
