// What all connections to one upstream say in a second at our cost without having been asked: each has a budget of its own,
// and hundreds of people have a connection each (threat UH-08).
import { createBudget } from './budget.ts'

/** As a flood it takes a quarter of a processor. */
const MAX_PER_SECOND = 5_000

/** Of one connection. */
export interface ReadTurn {
  /** Whether nothing more may be read for now. */
  readonly isWaiting: boolean
  /** Pauses the stream where all have said too much in this second. */
  count(cost: number): void
  leave(): void
}

/** @param resume reads on. It is not called for a stream that was not paused here. */
export type SharedBudget = (stream: { pause(): unknown }, resume: () => void) => ReadTurn

export function createSharedBudget (perSecond = MAX_PER_SECOND): SharedBudget {
  /** In the order in which they were paused. */
  const waiting = new Set<() => void>()
  let isWaking = false
  const budget = createBudget(perSecond, () => wake())

  /** One in each turn of the event loop: what it has is read before there may be room for another. */
  function wake (): void {
    const [next] = waiting
    if (next === undefined || budget.isFull || isWaking) return
    waiting.delete(next)
    next()
    isWaking = true
    setImmediate(() => {
      isWaking = false
      wake()
    })
  }

  return (stream, resume) => ({
    get isWaiting () {
      return waiting.has(resume)
    },
    count (cost) {
      budget.count(cost)
      if (!budget.isFull) return
      waiting.add(resume)
      stream.pause()
    },
    leave () {
      waiting.delete(resume)
    }
  })
}
