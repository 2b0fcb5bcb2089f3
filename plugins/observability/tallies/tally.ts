// Sums of calls, with how long they took in classes that grow by a quarter: the median and the slow ones are known to within
// an eighth, at the cost of fifty numbers.
// Tested in test/plugins/observability/tallies/tally.test.ts.
import { setImmediate as nextTurn } from 'node:timers/promises'
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
  for (const tally of tallies) addTally(total, tally)
  return total
}

function addTally (total: Tally, { calls, failed, refused, times }: Tally): void {
  total.calls += calls
  total.failed += failed
  total.refused += refused
  while (total.times.length < times.length) total.times.push(0)
  times.forEach((count, index) => { total.times[index]! += count })
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
  const sums = createSums()
  for (const slot of slots) sums.add(slot)
  return sums.total()
}

/** The same, in turns with other requests: a month of full days is a third of a second of work. */
export async function mergeInTurns (slots: readonly Slot[]): Promise<Slot> {
  const sums = createSums()
  for (const slot of slots) {
    sums.add(slot)
    await nextTurn()
  }
  return sums.total()
}

const KINDS = ['tools', 'people', 'apps'] as const satisfies readonly Kind[]

function createSums () {
  const sums: Readonly<Record<Kind, Map<string, Tally>>> = { tools: new Map(), people: new Map(), apps: new Map() }
  const appNames = new Map<string, string>()
  const limits = new Map<string, LimitTally>()

  function addTo (kind: Kind, id: string, tally: Tally): void {
    let total = sums[kind].get(id)
    if (!total) sums[kind].set(id, (total = emptyTally()))
    addTally(total, tally)
  }
  function addLimit (tally: LimitTally): void {
    const key = JSON.stringify([tally.limit, tally.address, tally.user])
    const { hits = 0, lastAt = 0 } = limits.get(key) ?? {}
    limits.set(key, { ...tally, hits: hits + tally.hits, lastAt: Math.max(lastAt, tally.lastAt) })
  }

  return {
    add (slot: Slot): void {
      for (const kind of KINDS) for (const [id, tally] of slot[kind]) addTo(kind, id, tally)
      for (const [id, name] of slot.appNames) appNames.set(id, name)
      for (const limit of slot.limits) addLimit(limit)
    },
    total (): Slot {
      const apps = bound(sums.apps, 'apps')
      const named = new Set(apps.map(([id]) => id))
      return {
        tools: bound(sums.tools, 'tools'),
        people: bound(sums.people, 'people'),
        apps,
        limits: [...limits.values()].sort((one, other) => other.hits - one.hits).slice(0, MAX_NAMES.limits),
        appNames: [...appNames].filter(([id]) => named.has(id))
      }
    }
  }
}

function bound (sums: ReadonlyMap<string, Tally>, kind: Kind): Array<[string, Tally]> {
  if (sums.size <= MAX_NAMES[kind]) return [...sums]
  const named = [...sums].filter(([id]) => id !== '').sort(([, one], [, other]) => other.calls - one.calls)
  const folded = named.slice(MAX_NAMES[kind]).map(([, tally]) => tally)
  return [...named.slice(0, MAX_NAMES[kind]), ['', sum([sums.get('') ?? emptyTally(), ...folded])]]
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
