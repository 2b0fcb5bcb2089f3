// Counters that cost a call nothing: counted in this process, added to storage once a second, and visible to all
// instances with that delay.
import type { FastifyBaseLogger } from 'fastify'
import type { Clock } from '../../clock.ts'
import { createBatchWriter, createOutage } from '../storage/batch-writer.ts'
import type { Increment, Storage } from '../storage/contract.ts'

const FLUSH_EVERY_MS = 1_000
/** Counters of one write: bounds the milliseconds in which no one else is served. */
const SLICE = 500

export interface Counter {
  key: string
  /** Seconds since the epoch. */
  endsAt: number
  /** Whether {@link Counters.value} will be called for it: only then is it kept in memory once it is stored. */
  watched: boolean
  /**
   * Key of a counter of the same window that grows by one when this one begins, on any instance: the number of
   * counters of this kind.
   */
  memberOf?: string
}

export interface Counters {
  /** This process's own calls at once; those of other instances, and of an earlier run, up to a second late. */
  value(key: string): number
  /** @param by how many; 1 by default. */
  add(counters: readonly Counter[], by?: number): void
  flush(): Promise<void>
  close(): Promise<void>
}

interface Count extends Omit<Counter, 'key'> {
  /** As storage last returned it. */
  stored: number
  /** Not added there yet, or not confirmed: it counts here until storage has it. */
  pending: number
}

/** Failed additions stay pending and are tried again with the next. */
export function createCounters (
  storage: Pick<Storage, 'count'>,
  now: Clock,
  log: Pick<FastifyBaseLogger, 'warn'>
): Counters {
  const outage = createOutage(log, {
    begins: 'calls cannot be counted in storage: they are counted later',
    ends: 'calls are counted in storage again',
    stops: 'the server stops while calls cannot be counted in storage; those that were lost are in the log only'
  })
  const counts = new Map<string, Count>()
  const { schedule, flush, close } = createBatchWriter(async () => {
    for (const [key, { endsAt }] of counts) if (endsAt <= now()) counts.delete(key)
    const pending = [...counts].filter(([, count]) => count.pending !== 0)
    if (pending.length === 0) return
    try {
      let corrected = false
      for (let first = 0; first < pending.length; first += SLICE) {
        if (await store(storage, counts, pending.slice(first, first + SLICE), now())) corrected = true
      }
      outage.end()
      if (corrected) schedule()
    } catch (error) {
      outage.begin(error)
      schedule()
    }
  }, FLUSH_EVERY_MS)

  return {
    value: (key) => {
      const count = counts.get(key)
      return count && count.endsAt > now() ? count.stored + count.pending : 0
    },
    add (added, by = 1) {
      for (const counter of added) {
        const isNew = addOne(counts, counter, by)
        if (isNew && counter.memberOf !== undefined) addOne(counts, withoutGroup({ ...counter, key: counter.memberOf }), 1)
      }
      schedule()
    },
    flush,
    async close () {
      await close()
      outage.close([...counts.values()].reduce((sum, { pending }) => sum + pending, 0))
    }
  }
}

/** @returns whether the counter is new here. */
function addOne (counts: Map<string, Count>, counter: Counter, by: number): boolean {
  const count = counts.get(counter.key)
  if (count) {
    count.pending += by
    return false
  }
  const { key, ...begun } = counter
  counts.set(key, { ...begun, stored: 0, pending: by })
  return true
}

const withoutGroup = ({ memberOf: _, ...counter }: Counter): Counter => counter

/**
 * Adds what is pending to storage.
 * @returns whether the number of a group's members was corrected, which is pending now.
 * @throws StorageUnavailable, with everything pending as before.
 */
async function store (
  storage: Pick<Storage, 'count'>,
  counts: Map<string, Count>,
  pending: Array<[string, Count]>,
  now: number
): Promise<boolean> {
  const increments: Increment[] = pending.map(([key, count]) => ({
    key,
    by: count.pending,
    ttl: Math.max(1, count.endsAt - now)
  }))
  let corrected = false
  const sums = await storage.count(increments)
  pending.forEach(([key, count], index) => {
    const { by } = increments[index]!
    count.stored = sums[index]!
    count.pending -= by
    if (settleMember(counts, count, count.stored === by)) corrected = true
    if (!count.watched && count.pending === 0) counts.delete(key)
  })
  return corrected
}

/**
 * A member was taken for new when this process first saw it; storage knows whether another instance had counted it.
 * @returns whether its group was corrected.
 */
function settleMember (counts: Map<string, Count>, count: Count, isNew: boolean): boolean {
  if (count.memberOf === undefined) return false
  const group = counts.get(count.memberOf)
  delete count.memberOf
  if (isNew || !group) return false
  group.pending -= 1
  return true
}
