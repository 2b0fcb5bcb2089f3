// A connection to Redis, or to a Redis Cluster, that says at once when it is away, sends nothing twice, and comes back by itself.
import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { StorageUnavailable } from './contract.ts'

/** How long a command may take before the caller is told that storage is away. */
const COMMAND_TIMEOUT_MS = 3_000
const START_TIMEOUT_MS = 5_000
/** How often a cluster is asked who holds what. After a failover that is how long its part of the keys stays away. */
const SLOTS_REFRESH_MS = 1_000

type Log = { warn (message: string): void }

const shared: RedisOptions = {
  lazyConnect: true,
  commandTimeout: COMMAND_TIMEOUT_MS,
  connectTimeout: COMMAND_TIMEOUT_MS,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  // After a failover the old master answers READONLY: connect anew.
  reconnectOnError: (error) => error.message.startsWith('READONLY')
}
const retry = (attempt: number): number => Math.min(attempt * 100, 2_000)

/**
 * @param urls `redis://` or `rediss://`; several with commas between are members of one Cluster, and so is a single one
 * that says it has others beside it. `?keyPrefix=` of the first separates several servers on one Redis.
 * @throws StorageUnavailable when Redis does not answer within five seconds.
 */
export async function connectRedis (urls: string, log: Log): Promise<Redis | Cluster> {
  const seeds = urls.split(',').map((url) => url.trim())
  if (seeds.length > 1) return whenReady(cluster(seeds), log)
  // While Redis is away a request is told so at once; it does not wait in a queue and act later.
  const redis = await whenReady(new Redis(seeds[0]!, { ...shared, enableOfflineQueue: false, retryStrategy: retry }), log)
  // Refused outside of cluster mode. A member that is alone holds every key, and needs no other way of asking.
  const info = await redis.cluster('INFO').catch(() => '')
  if (!/^cluster_known_nodes:(?!1\r)/m.test(String(info))) return redis
  redis.disconnect()
  return whenReady(cluster(seeds), log)
}

function cluster (seeds: string[]): Cluster {
  const [first] = seeds.map((seed) => new URL(seed)) as [URL]
  return new Cluster(seeds, {
    lazyConnect: true,
    enableOfflineQueue: false,
    clusterRetryStrategy: retry,
    slotsRefreshInterval: SLOTS_REFRESH_MS,
    // A command whose connection broke may have been carried out: sent again, a code that was just spent would look like a replay.
    retryDelayOnFailover: 0,
    // The certificate of a managed cluster is for its name, not for the addresses behind it.
    dnsLookup: (address, callback) => callback(null, address),
    keyPrefix: first.searchParams.get('keyPrefix') ?? '',
    redisOptions: {
      ...shared,
      ...(first.username && { username: decodeURIComponent(first.username) }),
      ...(first.password && { password: decodeURIComponent(first.password) }),
      ...(first.protocol === 'rediss:' && { tls: {} })
    }
  })
}

async function whenReady<T extends Redis | Cluster> (redis: T, log: Log): Promise<T> {
  redis.on('error', (error: Error) => log.warn(`Redis: ${error.message}`))
  const ready = Promise.withResolvers<void>()
  redis.once('ready', ready.resolve)
  const timer = setTimeout(() => ready.reject(new StorageUnavailable('Redis did not answer at the start: check REDIS_URL and that the Redis server runs')), START_TIMEOUT_MS)
  try {
    redis.connect().catch(() => { /* tried again until the timer ends it */ })
    await ready.promise
    return redis
  } catch (error) {
    redis.disconnect()
    throw error
  } finally {
    clearTimeout(timer)
  }
}
