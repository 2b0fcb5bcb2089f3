// Which app a call counts for. Whoever is signed in can connect ever new apps, and each would have counters of a day, in memory
// and in storage: beyond a number of them, all that a person uses are counted as one (threat OW-25).
// Tested in test/plugins/limits/quotas.test.ts.
import type { Clock } from '../../clock.ts'

/** Of one person in a day: more than they have apps at once (`GRANT_BOUNDS`). */
export const MAX_APPS_COUNTED = 256
const DAY_SECONDS = 86_400

/** @returns the app, or what stands for the other apps of the caller. */
export type AppOf = (caller: string, clientId: string) => string

export function createAppsOfPeople (now: Clock): AppOf {
  const apps = new Map<string, Set<string>>()
  let current = NaN
  return (caller, clientId) => {
    const day = Math.floor(now() / DAY_SECONDS)
    if (day !== current) apps.clear()
    current = day
    const known = apps.get(caller) ?? new Set()
    if (known.has(clientId)) return clientId
    if (known.size >= MAX_APPS_COUNTED) return `others of ${caller}`
    apps.set(caller, known.add(clientId))
    return clientId
  }
}
