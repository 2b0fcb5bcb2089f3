// How many messages that are no requests are on their way to one upstream: it has each question of its own answered by one, may
// ask thousands in a second, and take none of the answers.
// Tested in test/plugins/upstreams/http/fetch.test.ts.

/** More than people answer at once. Each takes 20 KB. */
const MAX_MESSAGES = 100

/** @returns what gives the place back; undefined where there is none. */
export type MessagePlaces = () => (() => void) | undefined

export function createMessagePlaces (max = MAX_MESSAGES): MessagePlaces {
  const taken = new Set<() => void>()
  return () => {
    if (taken.size >= max) return undefined
    const leave = () => { taken.delete(leave) }
    taken.add(leave)
    return leave
  }
}
