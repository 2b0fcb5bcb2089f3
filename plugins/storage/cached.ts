// Records that are read again and again, kept in memory for as long as storage vouches that nobody has changed them:
// what spares a tool call its way to storage.
import type { Clock } from '../../clock.ts'
import type { Collection, Storage } from './contract.ts'

/** Seconds. Long enough for a busy client; what the vouching should ever miss is over soon. */
const MAX_AGE_SECONDS = 5
const MAX_CACHED = 10_000

export interface KeptCollection<T> extends Collection<T> {
  /** As `find`, without a promise where the record is in memory: that would be a detour for every call. */
  findCached(id: string): T | undefined | Promise<T | undefined>
}

/**
 * A collection whose `find` may answer from memory. What this process changes counts from the moment the change is
 * answered; what others change, from the moment storage tells of it (see {@link Storage.watch}); while storage cannot
 * vouch for that, everything is read from it.
 * @returns records that are shared, and therefore frozen.
 */
export async function keepRecords<T> (storage: Storage, kind: string, now: Clock): Promise<KeptCollection<T>> {
  const inner = storage.collection<T>(kind)
  const kept = new Map<string, { record: T; until: number }>()
  let changes = 0
  const forget = (id?: string) => {
    changes++
    if (id === undefined) kept.clear()
    else kept.delete(id)
  }
  const watch = await storage.watch(kind, forget)

  async function read (id: string): Promise<T | undefined> {
    const before = changes
    const record = await inner.find(id)
    // Whatever was changed while it was on its way might be this one.
    if (record === undefined || changes !== before) return record
    if (kept.size >= MAX_CACHED) kept.delete(kept.keys().next().value!)
    kept.set(id, { record: freeze(record), until: now() + MAX_AGE_SECONDS })
    return record
  }
  async function changing<R> (id: string, work: Promise<R>): Promise<R> {
    try {
      return await work
    } finally {
      forget(id)
    }
  }

  function findKept (id: string): T | undefined | Promise<T | undefined> {
    if (!watch.isCurrent()) return inner.find(id)
    const found = kept.get(id)
    return found !== undefined && found.until > now() ? found.record : read(id)
  }

  return {
    findCached: findKept,
    find: async (id) => findKept(id),
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
