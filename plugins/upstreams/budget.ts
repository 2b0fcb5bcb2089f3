// What may be read in a second at our cost: a flood read at full speed would take a processor from others.
// Tested in test/plugins/upstreams/processes/throttle.test.ts and test/plugins/upstreams/http/event-stream.test.ts.

export interface Budget {
  count(cost: number): void
  /** Whether nothing more may be read until the second is over. */
  readonly isFull: boolean
  /** @returns whether something had been counted in this second. */
  end(): boolean
}

/** @param nextSecond called at the end of each second in which something was counted. */
export function createBudget (perSecond: number, nextSecond: () => void): Budget {
  let used = 0
  let second: NodeJS.Timeout | undefined
  return {
    count (cost) {
      second ??= setTimeout(() => {
        second = undefined
        used = 0
        nextSecond()
      }, 1000).unref()
      used += cost
    },
    get isFull () {
      return used > perSecond
    },
    end () {
      clearTimeout(second)
      return second !== undefined
    }
  }
}
