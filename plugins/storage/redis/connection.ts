// A connection to Redis, or to a Redis Cluster, that fails at once while Redis is down, sends nothing twice, and reconnects
// by itself.
// Tested in test/plugins/storage/redis/index.test.ts, test/plugins/storage/redis/cluster.test.ts and test/journeys/redis-faults.test.ts.
import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { StartError } from '../../../errors.ts'
import { StorageUnavailable, type Log } from '../contract.ts'

/** A connection with the scripts of this storage as commands. */
export type Client = (Redis | Cluster) & {
  tally(key: string, by: number, ttlMs: number): Promise<number>
  shorten(key: string, lowestId: string): Promise<null>
  record(key: string, most: number, ...written: string[]): Promise<string>
  swap(key: string, expected: string, next: string, ttlMs: number, deleting: string): Promise<number>
}

/** How long a command may take before the caller gets an error. */
const COMMAND_TIMEOUT_MS = 3_000
const START_TIMEOUT_MS = 5_000
/**
 * A connection on which nothing has come back for so long is dead, and replaced: the machine behind it may have lost its power, and
 * the system would wait for it for a quarter of an hour. A Redis that is only slow keeps it, with the order of its commands.
 */
const SILENCE_TIMEOUT_MS = 10_000
/** How often a cluster is asked who holds what. After a failover that is how long its part of the keys stays away. */
const SLOTS_REFRESH_MS = 1_000
const MOVED_PAUSE_MS = 50

const shared = {
  lazyConnect: true,
  commandTimeout: COMMAND_TIMEOUT_MS,
  connectTimeout: COMMAND_TIMEOUT_MS,
  socketTimeout: SILENCE_TIMEOUT_MS,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  // It would do so without listening for the answer, and a connection that breaks right then would end the process.
  autoResubscribe: false,
  // After a failover the old master answers READONLY: connect again.
  reconnectOnError: (error) => error.message.startsWith('READONLY')
} satisfies RedisOptions
const retry = (attempt: number): number => Math.min(attempt * 100, 2_000)

/**
 * @param urls `redis://` or `rediss://`; several with commas between are members of one Cluster, and so is a single one
 * that says it has others beside it. `?keyPrefix=` of the first separates several servers on one Redis.
 * @throws StartError that holds what Redis said last, when it is not ready within five seconds.
 */
export async function connectRedis (
  urls: string,
  log: Log,
  options: Pick<RedisOptions, 'protocol'> = {}
): Promise<Redis | Cluster> {
  const seeds = urls.split(',').map((url) => url.trim())
  if (seeds.length > 1) return whenReady(createCluster(seeds), log)
  // While Redis is down a request fails at once; it does not wait in a queue and act later.
  const redis = await whenReady(
    new Redis(seeds[0]!, { ...shared, ...options, enableOfflineQueue: false, retryStrategy: retry }),
    log
  )
  // Refused outside of cluster mode. A member that is alone holds every key, and needs no other way of asking.
  const info = await redis.cluster('INFO').catch(() => '')
  if (!/^cluster_known_nodes:(?!1\r)/m.test(String(info))) return redis
  redis.disconnect()
  return whenReady(createCluster(seeds), log)
}

/**
 * While no member answers, a command is refused at once; to a member that is only being connected to, it goes as soon
 * as it can.
 */
class PromptCluster extends Cluster {
  override sendCommand (...[command, ...rest]: Parameters<Cluster['sendCommand']>): unknown {
    // While it connects, it asks the cluster itself whether all is well.
    const mayPass = this.status === 'ready' || command.name === 'cluster'
    if (!mayPass || this.nodes().length === 0) {
      command.reject(new Error('the cluster is not connected'))
      return command.promise
    }
    return super.sendCommand(command, ...rest)
  }
}

function createCluster (seeds: string[]): Cluster {
  const first = new URL(seeds[0]!)
  return new PromptCluster(seeds, {
    lazyConnect: true,
    clusterRetryStrategy: retry,
    slotsRefreshInterval: SLOTS_REFRESH_MS,
    // A command whose connection broke may have been carried out: sent again, a code that was just spent would look
    // like a replay.
    retryDelayOnFailover: 0,
    // What a member refuses because a slot is elsewhere was not carried out. While the members disagree, sixteen tries without a
    // pause are over in a moment.
    retryDelayOnMoved: MOVED_PAUSE_MS,
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
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let isStarting = true
  let last = 'it did not answer'
  redis.on('error', (error: Error) => {
    // Each attempt to connect fails with the same words: they are logged once, and at the start in the one line that ends it.
    if (!isStarting && error.message !== last) log.warn(`Redis: ${error.message}`)
    last = error.message
  })
  redis.on('ready', () => {
    last = ''
    resolve()
  })
  const timer = setTimeout(
    () =>
      reject(
        new StartError(
          `REDIS_URL: Redis at ${placeOf(redis)} is not ready: ${last || 'it did not answer'}. Check the address and the password, and that the Redis server runs`
        )
      ),
    START_TIMEOUT_MS
  )
  try {
    redis.connect().catch((error: Error) => {
      last = error.message
    })
    await promise
    return redis
  } catch (error) {
    redis.disconnect()
    throw error
  } finally {
    isStarting = false
    clearTimeout(timer)
  }
}

function placeOf (redis: Redis | Cluster): string {
  if (redis instanceof Cluster) return 'the addresses named'
  const { host, port, path } = redis.options
  return path ?? `${host}:${port}`
}

type Guard = <R>(command: Promise<R>) => Promise<R>

/** All slots of a Cluster (Redis, "Cluster specification"). */
const SLOTS = 16_384

/** A prefix as patterns of Redis take it for itself. */
export const literally = (text: string): string => text.replace(/[\\*?[\]]/g, '\\$&')

/**
 * The keys that match, without their prefix, from every member of a Cluster. A key that changes meanwhile may come
 * twice.
 * @param guarded turns what Redis throws into StorageUnavailable.
 */
export async function * scanKeys (
  redis: Redis | Cluster,
  pattern: string,
  guarded: Guard
): AsyncGenerator<string> {
  const prefix = redis.options.keyPrefix ?? ''
  for (const member of redis instanceof Cluster ? await mastersOf(redis, guarded) : [redis]) {
    let cursor = '0'
    do {
      const [next, keys] = await guarded(member.scan(cursor, 'MATCH', `${literally(prefix)}${pattern}`, 'COUNT', 500))
      for (const found of new Set(keys)) yield found.slice(prefix.length)
      cursor = next
    } while (cursor !== '0')
  }
}

/**
 * @throws StorageUnavailable where one is away: it is no longer in the list then, and what is read of the others would pass for all
 * there is.
 */
async function mastersOf (cluster: Cluster, guarded: Guard): Promise<Redis[]> {
  const masters = cluster.nodes('master')
  const nodes = await guarded(Promise.all(masters.map((master) => master.cluster('NODES'))))
  const held = nodes.map((text) => slotsOf(String(text)))
  if (held.reduce((sum, slots) => sum + slots, 0) < SLOTS) throw new StorageUnavailable('a member of the Redis Cluster is away, and what it holds cannot be listed')
  return masters
}

/** @param nodes what a member says of all. @returns how many slots it has itself. */
function slotsOf (nodes: string): number {
  const [, , , , , , , , ...ranges] = nodes.split('\n').find((line) => line.includes('myself'))?.split(' ') ?? []
  return ranges
    .filter((range) => !range.startsWith('['))
    .map((range) => range.split('-').map(Number) as [number, number?])
    .reduce((sum, [first, last = first]) => sum + last - first + 1, 0)
}
