// Sums of calls, with how long they took in classes that grow by a quarter: the median and the slow ones are known to within
// an eighth, at the cost of fifty numbers.
// Tested in test/plugins/observability/tallies/tally.test.ts.
import type { AuditEvent } from '../audit/contract.ts'
import { MAX_NAMES, type Kind, type LimitTally, type Slot, type Tally } from './contract.ts'

/** Classes in which a time doubles. */
const STEPS = 3
/** Of a minute and a half. */
const LAST = 50

const classOf = (ms: number): number => Math.min(LAST, Math.max(0, Math.round(STEPS * Math.log2(Math.max(1, ms)))))

export const emptyTally = (): Tally => ({ calls: 0, failed: 0, refused: 0, times: [] })

export const emptySlot = (): Slot => ({ tools: [], people: [], apps: [], limits: [], appNames: [] })

/**
 * @returns milliseconds that this part of the calls took at most; undefined without a call
 * that ran.
 */
export function quantile (times: readonly number[], part: number): number | undefined {
  const all = times.reduce((sum, count) => sum + count, 0)
  if (all === 0) return undefined
  let seen = 0
  const found = times.findIndex((count) => (seen += count) >= part * all)
  return Math.round(2 ** (found / STEPS))
}

export function sum (tallies: readonly Tally[]): Tally {
  const total = emptyTally()
  for (const { calls, failed, refused, times } of tallies) {
    total.calls += calls
    total.failed += failed
    total.refused += refused
    times.forEach((count, index) => { total.times[index] = (total.times[index] ?? 0) + count })
  }
  // What was never set has to be a number in JSON.
  return { ...total, times: Array.from(total.times, (count = 0) => count) }
}

/** Adds one call to a tally. */
export function addCall (tally: Tally, { outcome, ms }: Pick<AuditEvent, 'outcome' | 'ms'>): void {
  tally.calls++
  if (outcome === 'failed') tally.failed++
  if (outcome === 'refused') tally.refused++
  else if (ms !== undefined) {
    const reached = classOf(ms)
    while (tally.times.length <= reached) tally.times.push(0)
    tally.times[reached]!++
  }
}

/**
 * One slot of several, within the bounds: of the names with the fewest calls only the sum
 * stays.
 */
export function mergeSlots (slots: readonly Slot[]): Slot {
  const apps = mergeKind(slots, 'apps')
  const named = new Set(apps.map(([id]) => id))
  const appNames = new Map(slots.flatMap((slot) => slot.appNames))
  return {
    tools: mergeKind(slots, 'tools'),
    people: mergeKind(slots, 'people'),
    apps,
    limits: mergeLimits(slots.flatMap(({ limits }) => limits)),
    appNames: [...appNames].filter(([id]) => named.has(id))
  }
}

function mergeKind (slots: readonly Slot[], kind: Kind): Array<[string, Tally]> {
  const merged = Map.groupBy(slots.flatMap((slot) => slot[kind]), ([id]) => id)
  const sums = [...merged].map(([id, entries]): [string, Tally] => [id, sum(entries.map(([, tally]) => tally))])
  if (sums.length <= MAX_NAMES[kind]) return sums
  const rest = sums.filter(([id]) => id === '')
  const named = sums.filter(([id]) => id !== '').sort(([, one], [, other]) => other.calls - one.calls)
  const [kept, folded] = [named.slice(0, MAX_NAMES[kind]), named.slice(MAX_NAMES[kind])]
  return [...kept, ['', sum([...rest, ...folded].map(([, tally]) => tally))]]
}

function mergeLimits (limits: readonly LimitTally[]): LimitTally[] {
  const same = Map.groupBy(limits, ({ limit, address, user }) => JSON.stringify([limit, address, user]))
  return [...same.values()]
    .map((entries) => ({
      ...entries[0]!,
      hits: entries.reduce((total, { hits }) => total + hits, 0),
      lastAt: Math.max(...entries.map(({ lastAt }) => lastAt))
    }))
    .sort((one, other) => other.hits - one.hits)
    .slice(0, MAX_NAMES.limits)
}

/** The same without what it has of a person; undefined where it has nothing. */
export function withoutPerson (slot: Slot, userId: string): Slot | undefined {
  const has = slot.people.some(([id]) => id === userId) || slot.limits.some(({ user }) => user === userId)
  if (!has) return undefined
  return {
    ...slot,
    people: slot.people.filter(([id]) => id !== userId),
    limits: slot.limits.filter(({ user }) => user !== userId)
  }
}
