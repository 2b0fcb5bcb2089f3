// What a process may write in a second at our cost: reading a flood at full speed would take a processor from others.
import type { Readable } from 'node:stream'

/**
 * @param perSecond beyond it, nothing is read from the stream until the second is over, and the process waits.
 * @param nextSecond called at the end of each second in which something was counted.
 * @returns counts the cost of what was read.
 */
export function createThrottle (stream: Readable, perSecond: number, nextSecond?: () => void): (cost: number) => void {
  let used = 0
  let second: NodeJS.Timeout | undefined
  const end = () => {
    second = undefined
    used = 0
    nextSecond?.()
    stream.resume()
  }
  stream.once('close', () => {
    if (second === undefined) return
    clearTimeout(second)
    nextSecond?.()
  })
  return (cost) => {
    second ??= setTimeout(end, 1000).unref()
    used += cost
    if (used > perSecond) stream.pause()
  }
}
