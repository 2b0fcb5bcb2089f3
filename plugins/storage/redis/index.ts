// OAuth storage on Redis, for several instances: one key a record, GETDEL for single use, one compare-and-set script
// for every other atomic step. Works on Cluster, since no step touches two keys.
// This room owns connections, commands, journals and what is cached of them; it hands a `Storage` on.
import { Cluster } from 'ioredis'
import {
  decodeRecord,
  encodeRecord,
  StorageUnavailable,
  type Change,
  type Collection,
  type Lifetime,
  type Log,
  type Storage,
  type Watch
} from '../contract.ts'
import { StartError } from '../../../errors.ts'
import { isDeleting } from '../deleting.ts'
import { checkRedis, watchClock } from './check.ts'
import { connectRedis, scanKeys, type Client } from './connection.ts'
import { openRedisJournals, RECORD, SHORTEN, TALLY } from './journal.ts'
import { redisExport } from './export.ts'
import { watchRedis } from './invalidation.ts'

export { connectRedis }

/** A writer that loses this many races in a row gives up with 503 rather than spin. */
const MAX_ATTEMPTS = 100

/**
 * KEYS[1]; ARGV: expected value ('' = must be absent), next value ('' = delete), lifetime in ms (0 = none), and whether it
 * leads to a deletion. 1 when it was done. A Redis that is full takes that, and what is no larger than before, such as a list
 * without what was deleted: it refuses only until a script has changed something, here the end of the record to the same end.
 */
const SWAP = `
local current = redis.call('GET', KEYS[1])
if (current or '') ~= ARGV[1] then return 0 end
if ARGV[2] == '' then
  redis.call('DEL', KEYS[1])
  return 1
end
local function set (call)
  if ARGV[3] == '0' then return call('SET', KEYS[1], ARGV[2]) end
  return call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
local done = set(redis.pcall)
if not done.err then return 1 end
if ARGV[4] == '' and #ARGV[2] > #ARGV[1] then return done end
local left = redis.call('PTTL', KEYS[1])
if left > 0 then redis.call('PEXPIRE', KEYS[1], left) else redis.call('PERSIST', KEYS[1]) end
set(redis.call)
return 1`

/** @param url as {@link connectRedis} takes it. @throws StorageUnavailable when Redis does not answer. */
export async function openRedisStorage (url: string, log: Log): Promise<Storage> {
  const redis = (await connectRedis(url, log)) as Client
  redis.defineCommand('swap', { numberOfKeys: 1, lua: SWAP })
  redis.defineCommand('tally', { numberOfKeys: 1, lua: TALLY })
  redis.defineCommand('shorten', { numberOfKeys: 1, lua: SHORTEN })
  redis.defineCommand('record', { numberOfKeys: 1, lua: RECORD })
  try {
    await checkRedis(redis, log)
    await checkRights(redis)
  } catch (error) {
    redis.disconnect()
    throw error
  }

  const { guarded, state } = createGuard()
  const journals = openRedisJournals(redis, guarded, log)
  const watches: Watch[] = []
  const stopClock = watchClock(redis, log)

  return {
    description: `${redis instanceof Cluster ? 'Redis Cluster' : 'Redis'} at ${new URL(url.split(',')[0]!).host}`,
    collection: (kind) => collection(redis, kind, { guarded, log }),
    ...journals,
    ...redisExport(redis, journals, guarded, log),
    async watch (kind, changed) {
      const watch = await watchRedis(url, `${redis.options.keyPrefix ?? ''}${key(kind, '')}`, changed, log)
      watches.push(watch)
      return watch
    },
    async check () {
      // Deletes what is not there: a Redis that may only be read refuses that, and nothing is written.
      await guarded(redis.swap(key('check', 'check'), '', '', 0, ''))
      if (!state.isFull) return
      await guarded(redis.set(key('check', 'check'), '1', 'PX', 1))
      state.isFull = false
    },
    async close () {
      stopClock()
      for (const watch of watches) watch.close()
      redis.disconnect()
    }
  }
}

const key = (kind: string, id: string): string => `mcp:${kind}:${id}`

/**
 * An account may be allowed to read and write, and not to run the scripts that every sign-in needs. Enlarges nothing: a
 * Redis that is full starts too.
 */
async function checkRights (redis: Client): Promise<void> {
  try {
    await redis.swap(key('check', 'rights'), '', '', 0, '')
  } catch (error) {
    if (!/^NOPERM|^ERR unknown command|can't run this command/.test((error as Error).message)) { throw new StorageUnavailable('Redis did not answer', { cause: error }) }
    throw new StartError(
      `REDIS_URL: Redis refuses what every sign-in needs (${(error as Error).message}). The rights of the account are in docs/operations.md`,
      { cause: error }
    )
  }
}

function collection<T> (redis: Client, kind: string, { guarded, log }: { guarded: Guard; log: Log }): Collection<T> {
  const decode = (value: string | null): T | undefined =>
    value === null ? undefined : decodeRecord<T>(kind, value, log)
  const swap = (id: string, expected: string, record: T | undefined, ttl: Lifetime) =>
    guarded(
      redis.swap(
        key(kind, id),
        expected,
        record === undefined ? '' : encodeRecord(kind, record),
        milliseconds(ttl),
        isDeleting() ? 'deleting' : ''
      )
    )

  return {
    async find (id) {
      return decode(await guarded(redis.get(key(kind, id))))
    },
    async put (id, record, ttl) {
      if (isDeleting()) return this.update(id, () => ({ write: { record, ttl }, result: undefined }))
      const value = encodeRecord(kind, record)
      await guarded(
        ttl === null ? redis.set(key(kind, id), value) : redis.set(key(kind, id), value, 'PX', milliseconds(ttl))
      )
    },
    async create (id, record, ttl) {
      return (await swap(id, '', record, ttl)) === 1
    },
    async take (id) {
      return decode(await guarded(redis.getdel(key(kind, id))))
    },
    async delete (id) {
      await guarded(redis.del(key(kind, id)))
    },
    async update<R>(id: string, decide: (record: T | undefined) => Change<T, R>): Promise<R> {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        const value = await guarded(redis.get(key(kind, id)))
        const change = decide(decode(value))
        if (!change.write && !change.remove) return change.result
        if (
          (await swap(id, value ?? '', change.remove ? undefined : change.write?.record, change.write?.ttl ?? null)) ===
          1
        ) { return change.result }
      }
      throw new StorageUnavailable(`too many writers at once on one ${kind}`)
    },
    async * all () {
      for await (const found of scanKeys(redis, key(kind, '*'), guarded)) {
        const id = found.slice(key(kind, '').length)
        const record = decode(await guarded(redis.get(found)))
        if (record !== undefined) yield { id, record }
      }
    }
  }
}

/** Redis refuses a lifetime of 0: a record that expires at once lives for a millisecond. */
const milliseconds = (ttl: Lifetime): number => (ttl === null ? 0 : Math.max(1, Math.ceil(ttl * 1000)))

type Guard = <R>(command: Promise<R>) => Promise<R>

/**
 * Turns what Redis throws into the contract's one error, and remembers whether it takes no more (`maxmemory`,
 * noeviction).
 */
function createGuard (): { guarded: Guard; state: { isFull: boolean } } {
  const state = { isFull: false }
  return {
    state,
    async guarded (command) {
      try {
        return await command
      } catch (error) {
        if (/\bOOM\b/.test((error as Error).message)) state.isFull = true
        throw new StorageUnavailable('Redis did not answer', { cause: error })
      }
    }
  }
}
