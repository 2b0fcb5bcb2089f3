// How many requests an upstream may have at once, in all, for one person and for one site: one that has become slow holds
// no more, and nobody takes the room of all others.
// Tested in test/plugins/upstreams/upstream.test.ts.
import { createCounts } from '../counts.ts'

export interface InFlight {
  /**
   * @param person `undefined` for a caller without sign-in.
   * @param site of one without sign-in: many people may share it, so it has as much room as is left for all others.
   * @returns undefined where there is no room; else what is called at the end.
   */
  enter(person: string | undefined, site?: string): (() => void) | undefined
}

/** Once it has half of what it works on, this part of a share is all that a person gets: the rest is for those who have little. */
const WHEN_BUSY = 1 / 5

/** @param served how many it works on at a time; the others wait. */
export function createInFlight (max: number, maxOfPerson: number, served = max): InFlight {
  const counts = createCounts()
  let all = 0
  const shareOf = (person: string | undefined) => {
    const least = Math.ceil(maxOfPerson * WHEN_BUSY)
    if (person === undefined) return Math.max(served - all, least)
    return all < served / 2 ? maxOfPerson : least
  }
  return {
    enter (person, site = '') {
      const key = person ?? `site ${site}`
      if (all >= max || counts.of(key) >= shareOf(person)) return undefined
      counts.add(key, 1)
      all++
      return () => {
        all--
        counts.add(key, -1)
      }
    }
  }
}
