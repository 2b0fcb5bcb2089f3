// Which app, or connection, a call counts for. Whoever is signed in can connect ever new apps, and each would have counters of a
// day or a month, in memory and in storage: beyond a number of them, all that a person uses are counted as one (threat OW-25).
// Tested in test/plugins/limits/quotas.test.ts and usage.test.ts.
import type { Clock } from '../../clock.ts'

/** Of one person in a day: more than they have apps and access keys at once (`GRANT_BOUNDS`, `MAX_KEYS_PER_PERSON`). */
export const MAX_APPS_COUNTED = 256
const DAY_SECONDS = 86_400

/** @returns the app or connection, or what stands for the others of the caller. */
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
