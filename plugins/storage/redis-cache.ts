// Records that were read a moment ago, with the proof that Redis still holds them: it tells every change of them (CLIENT TRACKING), and answers pings on that same connection, behind whatever it had to tell before.
import type { Redis } from 'ioredis'

/** Milliseconds. No answer is older than this: what was changed elsewhere is known here within 100. */
const PROVEN_MS = 75
const ASK_EVERY_MS = 25
/** Milliseconds that a record is kept at most, for a proxy that goes on answering pings but has lost its way to the server that told the changes. */
const LONGEST_MS = 1_000
const MOST_KEPT = 10_000
/** Where Redis tells changes to a connection of protocol 2. */
const CHANGES = '__redis__:invalidate'

export interface RedisCache<T> {
  /** The record at once if it is kept and proven; else what `read` reads. */
  find (id: string, read: () => Promise<T | undefined>): T | Promise<T | undefined>
  /** To be called before and after each change made here: whoever asks after it reads anew. */
  forget (id: string): void
  close (): void
}

interface Kept<T> { value: T | Promise<T | undefined>, until: number }

/**
 * @param redis where the records are; a connection of its own is made like it. A server that does not tell changes is asked each time.
 * @param prefix of the records' keys.
 */
export function openRedisCache<T> (redis: Redis, prefix: string): RedisCache<T> {
  const kept = new Map<string, Kept<T>>()
  const full = `${redis.options.keyPrefix ?? ''}${prefix}`
  // Its errors are those of the connection it is like, which says them.
  const teller = redis.duplicate({ protocol: 2, lazyConnect: false, autoResubscribe: false, keyPrefix: '' }).on('error', () => {})
  let isTold = false
  let isAsking = false
  /** When the last ping was sent that has been answered. */
  let provenAt = -Infinity
  let askedAt = -Infinity

  const lose = () => {
    isTold = false
    provenAt = -Infinity
    kept.clear()
  }
  const follow = async () => {
    const self = await teller.client('ID')
    await teller.client('TRACKING', 'ON', 'REDIRECT', self, 'BCAST', 'PREFIX', full)
    await teller.subscribe(CHANGES)
    isTold = true
  }
  teller.on('close', lose)
  teller.on('ready', () => { follow().catch(lose) })
  teller.on('messageBuffer', (_channel: Buffer, keys: Buffer[] | null) => {
    // Without keys, everything is gone (FLUSHALL).
    if (keys === null) kept.clear()
    else for (const key of keys) kept.delete(key.toString().slice(full.length))
  })

  const ask = (now: number) => {
    isAsking = true
    askedAt = now
    teller.ping().then(() => { if (isTold) provenAt = now }, () => { /* unproven, so storage is asked */ }).finally(() => { isAsking = false })
  }
  const keep = (id: string, read: () => Promise<T | undefined>, now: number): Promise<T | undefined> => {
    const drop = () => { if (kept.get(id) === entry) kept.delete(id) }
    // In its place before it is read: a change that is told meanwhile takes it out again.
    const entry: Kept<T> = { until: now + LONGEST_MS, value: undefined as never }
    const value = read().then((record) => {
      if (record === undefined) drop()
      else entry.value = record
      return record
    }, (error: unknown) => {
      drop()
      throw error
    })
    entry.value = value
    if (kept.size >= MOST_KEPT) kept.delete(kept.keys().next().value!)
    kept.set(id, entry)
    return value
  }

  return {
    find (id, read) {
      if (!isTold) return read()
      const now = performance.now()
      if (!isAsking && now - askedAt >= ASK_EVERY_MS) ask(now)
      const known = kept.get(id)
      return known && now < known.until && now - provenAt < PROVEN_MS ? known.value : keep(id, read, now)
    },
    forget: (id) => { kept.delete(id) },
    close: () => teller.disconnect()
  }
}
