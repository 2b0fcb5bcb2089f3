// What a process may write in a second at our cost: beyond it, the process waits.
import type { Readable } from 'node:stream'
import { createBudget } from '../budget.ts'
import type { SharedBudget } from '../shared-budget.ts'

/**
 * @param perSecond beyond it, nothing is read from the stream until the second is over, and the process waits.
 * @param nextSecond called at the end of each second in which something was counted.
 * @param shared with other streams, whatever each may have by itself.
 * @returns counts the cost of what was read.
 */
export function createThrottle (
  stream: Readable,
  perSecond: number,
  nextSecond?: () => void,
  shared?: SharedBudget
): (cost: number) => void {
  const turn = shared?.(stream, () => resume())
  const budget = createBudget(perSecond, () => {
    nextSecond?.()
    resume()
  })
  function resume (): void {
    if (!budget.isFull && turn?.isWaiting !== true) stream.resume()
  }
  stream.once('close', () => {
    turn?.leave()
    if (budget.end()) nextSecond?.()
  })
  return (cost) => {
    budget.count(cost)
    if (budget.isFull) stream.pause()
    if (cost > 0) turn?.count(cost)
  }
}
