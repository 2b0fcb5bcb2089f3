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

interface Count extends Counter {
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
  const counts = createCountTable(now)
  const { schedule, flush, close } = createBatchWriter(async () => {
    counts.dropEnded()
    const pending = counts.pending()
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
      const count = counts.find(key)
      return count && count.endsAt > now() ? count.stored + count.pending : 0
    },
    add (added, by = 1) {
      for (const counter of added) {
        const isNew = counts.add(counter, by)
        if (isNew && counter.memberOf !== undefined) counts.add(withoutGroup({ ...counter, key: counter.memberOf }), 1)
      }
      schedule()
    },
    flush,
    async close () {
      await close()
      outage.close(counts.pending().reduce((sum, { pending }) => sum + pending, 0))
    }
  }
}

type CountTable = ReturnType<typeof createCountTable>

/**
 * Of hundreds of thousands that are watched, a few have changed in a second, and pages write them for each connection that
 * they show: only those that have changed are looked at.
 */
function createCountTable (now: Clock) {
  const counts = new Map<string, Count>()
  const changed = new Set<Count>()
  /** When the first of all ends. */
  let endsAt = Infinity

  function change (count: Count, by: number): void {
    count.pending += by
    changed.add(count)
  }

  return {
    find: (key: string): Count | undefined => counts.get(key),
    change,
    /** @returns whether the counter is new here. */
    add (counter: Counter, by: number): boolean {
      const known = counts.get(counter.key)
      const count = known ?? begin(counter)
      change(count, by)
      if (known) return false
      counts.set(count.key, count)
      endsAt = Math.min(endsAt, count.endsAt)
      return true
    },
    pending: (): Count[] => [...changed].filter(({ pending }) => pending !== 0),
    /** Storage has what was pending of it. */
    settle (count: Count): void {
      if (count.pending !== 0) return
      changed.delete(count)
      if (!count.watched) counts.delete(count.key)
    },
    dropEnded (): void {
      const time = now()
      if (endsAt > time) return
      endsAt = Infinity
      for (const count of counts.values()) {
        if (count.endsAt > time) {
          endsAt = Math.min(endsAt, count.endsAt)
          continue
        }
        counts.delete(count.key)
        changed.delete(count)
      }
    }
  }
}

/** Nothing else of what is counted: there may be hundreds of thousands. */
const begin = ({ key, endsAt, watched, memberOf }: Counter): Count => ({
  key,
  endsAt,
  watched,
  ...(memberOf !== undefined && { memberOf }),
  stored: 0,
  pending: 0
})

const withoutGroup = ({ memberOf: _, ...counter }: Counter): Counter => counter

/**
 * Adds what is pending to storage.
 * @returns whether the number of a group's members was corrected, which is pending now.
 * @throws StorageUnavailable, with everything pending as before.
 */
async function store (storage: Pick<Storage, 'count'>, counts: CountTable, pending: readonly Count[], now: number): Promise<boolean> {
  const increments: Increment[] = pending.map(({ key, pending, endsAt }) => ({ key, by: pending, ttl: Math.max(1, endsAt - now) }))
  let corrected = false
  const sums = await storage.count(increments)
  pending.forEach((count, index) => {
    const { by } = increments[index]!
    count.stored = sums[index]!
    count.pending -= by
    if (settleMember(counts, count, count.stored === by)) corrected = true
    counts.settle(count)
  })
  return corrected
}

/**
 * A member was taken for new when this process first saw it; storage knows whether another instance had counted it.
 * @returns whether its group was corrected.
 */
function settleMember (counts: CountTable, count: Count, isNew: boolean): boolean {
  if (count.memberOf === undefined) return false
  const group = counts.find(count.memberOf)
  delete count.memberOf
  if (isNew || !group) return false
  counts.change(group, -1)
  return true
}
