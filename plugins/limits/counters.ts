// Counters that cost a call nothing: counted in this process, added to storage once a second, and there to all
// instances with that delay.
import type { FastifyBaseLogger } from 'fastify'
import type { Clock } from '../../clock.ts'
import { createBatchWriter, createOutage } from '../storage/batch-writer.ts'
import type { Increment, Storage } from '../storage/contract.ts'

const FLUSH_EVERY_MS = 1_000

export interface Counter {
  key: string
  /** Seconds since the epoch. */
  endsAt: number
  /** Whether {@link Counters.value} will be asked for it: only then is it remembered here once it is stored. */
  watched: boolean
  /**
   * A counter of the same window that grows by one when this one begins, on whichever instance: it says how many of
   * this kind there are.
   */
  memberOf?: string
}

export interface Counters {
  /**
   * What is known here: this process's own calls at once, those of others and of an earlier run up to a second late.
   */
  value(key: string): number
  /** @param by how many; 1 unless told. */
  add(tallies: readonly Counter[], by?: number): void
  flush(): Promise<void>
  close(): Promise<void>
}

interface Count extends Omit<Counter, 'key'> {
  /** As storage last said. */ stored: number
  /** Not added there yet. */ pending: number
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
  const addOne = ({ key, endsAt, watched, memberOf }: Counter, by: number) => {
    const count = counts.get(key)
    if (count) count.pending += by
    else counts.set(key, { endsAt, watched, ...(memberOf !== undefined && { memberOf }), stored: 0, pending: by })
    return count === undefined
  }
  const { schedule, flush, close } = createBatchWriter(async () => {
    for (const [key, { endsAt }] of counts) if (endsAt <= now()) counts.delete(key)
    const pending = [...counts].filter(([, count]) => count.pending !== 0)
    const increments: Increment[] = pending.map(([key, count]) => ({
      key,
      by: count.pending,
      ttl: Math.max(1, count.endsAt - now())
    }))
    if (increments.length === 0) return
    for (const [, count] of pending) count.pending = 0
    try {
      const sums = await storage.count(increments)
      outage.end()
      pending.forEach(([key, count], index) => {
        count.stored = sums[index]!
        if (count.memberOf !== undefined) settleMember(count, count.stored === increments[index]!.by)
        if (!count.watched && count.pending === 0) counts.delete(key)
      })
    } catch (error) {
      pending.forEach(([, count], index) => {
        count.pending += increments[index]!.by
      })
      outage.begin(error)
      schedule()
    }
  }, FLUSH_EVERY_MS)

  /** It was taken for new when this process first saw it; storage knows whether another had counted it before. */
  function settleMember (count: Count, isNew: boolean): void {
    const group = counts.get(count.memberOf!)
    delete count.memberOf
    if (isNew || !group) return
    group.pending -= 1
    schedule()
  }

  return {
    value: (key) => {
      const count = counts.get(key)
      return count && count.endsAt > now() ? count.stored + count.pending : 0
    },
    add (tallies, by = 1) {
      for (const tally of tallies) {
        const isNew = addOne(tally, by)
        if (isNew && tally.memberOf !== undefined) { addOne({ key: tally.memberOf, endsAt: tally.endsAt, watched: tally.watched }, 1) }
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
