// Work on a list in turns with other requests, by time: one entry may have a hundred characters, and another a hundred
// thousand (threat UC-01).
import { setImmediate as nextTurn } from 'node:timers/promises'

/** Milliseconds of one turn of the event loop. */
const MAX_TURN_MS = 5

/** @returns to be called between two entries: it waits for another turn where this one has lasted long enough. */
export function createTurns (): () => Promise<void> | undefined {
  let began = performance.now()
  return () => {
    if (performance.now() - began < MAX_TURN_MS) return undefined
    return nextTurn().then(() => { began = performance.now() })
  }
}
