// OAuth storage on Redis, for several instances: one key a record, GETDEL for single use, one compare-and-set script for every other atomic step. Works on Cluster, since no step touches two keys.
import { Redis } from 'ioredis'
import { decodeRecord, encodeRecord, StorageUnavailable, type Change, type Collection, type Lifetime, type Storage } from './contract.ts'
import { openRedisJournals, TALLY } from './redis-journal.ts'

/** How long a command may take before the caller is told that storage is away. */
const COMMAND_TIMEOUT_MS = 3_000
const START_TIMEOUT_MS = 5_000
/** A writer that loses this many races in a row gives up with 503 rather than spin. */
const MAX_ATTEMPTS = 100

/** KEYS[1]; ARGV: expected value ('' = must be absent), next value ('' = delete), lifetime in ms (0 = none). 1 when it was done. */
const SWAP = `
local current = redis.call('GET', KEYS[1])
if (current or '') ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1])
elseif ARGV[3] == '0' then redis.call('SET', KEYS[1], ARGV[2])
else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1`

export interface Client extends Redis {
  tally (key: string, by: number, ttlMs: number): Promise<number>
  swap (key: string, expected: string, next: string, ttlMs: number): Promise<number>
}

/**
 * @param url `redis://` or `rediss://`; `?keyPrefix=` separates several servers on one Redis.
 * @throws StorageUnavailable when Redis does not answer within five seconds.
 */
export async function openRedisStorage (url: string, log: { warn (message: string): void }): Promise<Storage> {
  const redis = await connectRedis(url, log) as Client
  redis.defineCommand('swap', { numberOfKeys: 1, lua: SWAP })
  redis.defineCommand('tally', { numberOfKeys: 1, lua: TALLY })

  return {
    description: `Redis at ${new URL(url).host}`,
    collection: (kind) => collection(redis, kind),
    ...openRedisJournals(redis, guarded),
    async check () { await guarded(redis.set(key('check', 'check'), '1', 'PX', 60_000)) },
    async close () { redis.disconnect() }
  }
}

/** A connection that says at once when Redis is away, and comes back by itself. @throws StorageUnavailable as above. */
export async function connectRedis (url: string, log: { warn (message: string): void }): Promise<Redis> {
  const redis = new Redis(url, {
    lazyConnect: true,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: COMMAND_TIMEOUT_MS,
    // While Redis is away a request is told so at once; it does not wait in a queue and act later.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
    // After a failover the old master answers READONLY: connect anew.
    reconnectOnError: (error) => error.message.startsWith('READONLY')
  })
  redis.on('error', (error: Error) => log.warn(`Redis: ${error.message}`))
  const ready = Promise.withResolvers<void>()
  redis.once('ready', ready.resolve)
  const timer = setTimeout(() => ready.reject(new StorageUnavailable('Redis did not answer at the start: check REDIS_URL and that the Redis server runs')), START_TIMEOUT_MS)
  try {
    redis.connect().catch(() => { /* retried by retryStrategy until the timer ends it */ })
    await ready.promise
    return redis
  } catch (error) {
    redis.disconnect()
    throw error
  } finally {
    clearTimeout(timer)
  }
}

const key = (kind: string, id: string): string => `mcp:${kind}:${id}`

function collection<T> (redis: Client, kind: string): Collection<T> {
  const decode = (value: string | null): T | undefined => value === null ? undefined : decodeRecord<T>(kind, value)
  const swap = (id: string, expected: string, record: T | undefined, ttl: Lifetime) =>
    guarded(redis.swap(key(kind, id), expected, record === undefined ? '' : encodeRecord(kind, record), milliseconds(ttl)))

  return {
    async find (id) { return decode(await guarded(redis.get(key(kind, id)))) },
    async put (id, record, ttl) {
      const value = encodeRecord(kind, record)
      await guarded(ttl === null ? redis.set(key(kind, id), value) : redis.set(key(kind, id), value, 'PX', milliseconds(ttl)))
    },
    async create (id, record, ttl) { return await swap(id, '', record, ttl) === 1 },
    async take (id) { return decode(await guarded(redis.getdel(key(kind, id)))) },
    async delete (id) { await guarded(redis.del(key(kind, id))) },
    async update<R> (id: string, decide: (record: T | undefined) => Change<T, R>): Promise<R> {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        const value = await guarded(redis.get(key(kind, id)))
        const change = decide(decode(value))
        if (!change.write && !change.remove) return change.result
        if (await swap(id, value ?? '', change.remove ? undefined : change.write?.record, change.write?.ttl ?? null) === 1) return change.result
      }
      throw new StorageUnavailable(`too many writers at once on one ${kind}`)
    },
    async * all () {
      const prefix = redis.options.keyPrefix ?? ''
      const stream = redis.scanStream({ match: `${prefix}${key(kind, '*')}`, count: 500 })
      for await (const keys of stream as AsyncIterable<string[]>) {
        for (const found of new Set(keys)) {
          const id = found.slice(prefix.length + key(kind, '').length)
          const record = decode(await guarded(redis.get(key(kind, id))))
          if (record !== undefined) yield { id, record }
        }
      }
    }
  }
}

/** Redis refuses a lifetime of 0: a record that is over at once lives for a millisecond. */
const milliseconds = (ttl: Lifetime): number => ttl === null ? 0 : Math.max(1, Math.ceil(ttl * 1000))

async function guarded<R> (command: Promise<R>): Promise<R> {
  try {
    return await command
  } catch (error) {
    throw new StorageUnavailable('Redis did not answer', { cause: error })
  }
}
