// What a process may write in a second at our cost: beyond it, the process waits.
import type { Readable } from 'node:stream'
import { createBudget } from '../budget.ts'

/**
 * @param perSecond beyond it, nothing is read from the stream until the second is over, and the process waits.
 * @param nextSecond called at the end of each second in which something was counted.
 * @returns counts the cost of what was read.
 */
export function createThrottle (stream: Readable, perSecond: number, nextSecond?: () => void): (cost: number) => void {
  const budget = createBudget(perSecond, () => {
    nextSecond?.()
    stream.resume()
  })
  stream.once('close', () => {
    if (budget.end()) nextSecond?.()
  })
  return (cost) => {
    budget.count(cost)
    if (budget.isFull) stream.pause()
  }
}
