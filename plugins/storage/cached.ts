// Cached records: those that every tool call reads are held in memory for as long as storage vouches that no one has
// changed them.
import type { Clock } from '../../clock.ts'
import { isRecent } from '../is-recent.ts'
import type { Collection, Storage } from './contract.ts'

/** Long enough for a busy client; bounds staleness should an invalidation ever be missed. */
const MAX_AGE_SECONDS = 5
const MAX_CACHED = 10_000

export interface CachedCollection<T> extends Collection<T> {
  /** Like `find`, without a promise where the record is in memory, which every call would wait for. */
  findCached(id: string): T | undefined | Promise<T | undefined>
}

/**
 * A collection whose `find` may answer from memory. What this process changes counts from the moment the change is
 * answered; what others change, from the moment storage reports it (see {@link Storage.watch}); while storage cannot
 * vouch for that, everything is read from it.
 * @returns records that are shared, and therefore frozen.
 */
export async function cacheRecords<T> (storage: Storage, kind: string, now: Clock): Promise<CachedCollection<T>> {
  const inner = storage.collection<T>(kind)
  const cache = new Map<string, { record: T; at: number }>()
  let changes = 0
  const forget = (id?: string) => {
    changes++
    if (id === undefined) cache.clear()
    else cache.delete(id)
  }
  const watch = await storage.watch(kind, forget)

  async function read (id: string): Promise<T | undefined> {
    const before = changes
    const record = await inner.find(id)
    // A change that arrived meanwhile might be to this record.
    if (record === undefined || changes !== before) return record
    if (cache.size >= MAX_CACHED) cache.delete(cache.keys().next().value!)
    cache.set(id, { record: freeze(record), at: now() })
    return record
  }
  async function changing<R> (id: string, work: Promise<R>): Promise<R> {
    try {
      return await work
    } finally {
      forget(id)
    }
  }

  function findCached (id: string): T | undefined | Promise<T | undefined> {
    if (!watch.isCurrent()) return inner.find(id)
    const found = cache.get(id)
    return found !== undefined && isRecent(found.at, MAX_AGE_SECONDS, now()) ? found.record : read(id)
  }

  return {
    findCached,
    find: async (id) => findCached(id),
    put: (id, record, ttl) => changing(id, inner.put(id, record, ttl)),
    create: (id, record, ttl) => changing(id, inner.create(id, record, ttl)),
    take: (id) => changing(id, inner.take(id)),
    delete: (id) => changing(id, inner.delete(id)),
    update: (id, decide) => changing(id, inner.update(id, decide)),
    all: () => inner.all()
  }
}

function freeze<T> (value: T): T {
  if (typeof value === 'object' && value !== null) { for (const inner of Object.values(Object.freeze(value))) freeze(inner) }
  return value
}
