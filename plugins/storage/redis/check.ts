// What a Redis must be for sign-ins to be safe in it: asked at the start, and its clock each minute. Says what is wrong
// and what to write.
import { Cluster, type Redis } from 'ioredis'
import { StartError } from '../../../errors.ts'
import type { Log } from '../contract.ts'

/** GETDEL and XADD … NOMKSTREAM came with it. */
const MIN_VERSION = [6, 2] as const
/** Codes live for a minute, and a repeated refresh for half of one. */
const MAX_CLOCK_DIFFERENCE_SECONDS = 5
const CLOCK_EVERY_MS = 60_000

/** @throws StartError for what can never work; the rest is a warning. */
export async function checkRedis (redis: Redis | Cluster, log: Log): Promise<void> {
  let text: string
  try {
    text = await redis.info()
  } catch (error) {
    log.warn(
      `REDIS_URL: Redis does not say how it is set up (${(error as Error).message}), so it cannot be checked that it keeps everything: maxmemory-policy noeviction, appendonly yes`
    )
    return
  }
  const info = new Map(text.split('\r\n').map((line) => line.split(':', 2) as [string, string]))
  refuse(info, redis instanceof Cluster)
  const policy = info.get('maxmemory_policy')
  if (policy !== undefined && policy !== 'noeviction') {
    log.warn(
      `REDIS_URL: Redis deletes sign-ins when its memory is full (maxmemory-policy ${policy}): people are signed out without a word. Set it to noeviction`
    )
  }
  if (info.get('aof_enabled') === '0') {
    log.warn(
      'REDIS_URL: Redis does not write each change to its disk (appendonly no): when it ends, the sign-ins of the last minutes are lost, or all of them. Set appendonly to yes'
    )
  }
}

function refuse (info: ReadonlyMap<string, string>, isCluster: boolean): void {
  if (info.get('redis_mode') === 'sentinel') {
    throw new StartError(
      'REDIS_URL: this is a Sentinel, which holds no data and is not supported. Name the Redis itself, or an address that follows the primary'
    )
  }
  const [major = 0, minor = 0] = (info.get('redis_version') ?? '').split('.').map(Number)
  if (info.has('redis_version') && (major < MIN_VERSION[0] || (major === MIN_VERSION[0] && minor < MIN_VERSION[1]))) {
    throw new StartError(
      `REDIS_URL: Redis ${major}.${minor} is too old: ${MIN_VERSION.join('.')} is the oldest that works`
    )
  }
  if (!isCluster && info.get('role') === 'slave' && info.get('slave_read_only') === '1') {
    throw new StartError('REDIS_URL: this Redis is a replica that may only be read. Name the primary')
  }
}

/**
 * Warns while this machine's clock and that of Redis differ: between instances codes and repeated refreshes then fail.
 * @returns stops it.
 */
export function watchClock (redis: Redis | Cluster, log: Log): () => void {
  async function compare (): Promise<void> {
    try {
      const asked = Date.now() / 1000
      const [seconds, micros] = (await redis.time()) as [number, number]
      const answered = Date.now() / 1000
      const redisTime = Number(seconds) + Number(micros) / 1e6
      // It was read at some moment between the question and the answer.
      const difference = Math.max(asked - redisTime, redisTime - answered)
      if (difference >= MAX_CLOCK_DIFFERENCE_SECONDS) {
        log.warn(
          `the clock of this machine is ${Math.round(difference)} seconds ${asked > redisTime ? 'ahead of' : 'behind'} that of Redis: sign-ins and refreshes fail where instances differ. Let NTP set the clocks of both`
        )
      }
    } catch {
      /* away, or not allowed: said elsewhere */
    }
  }
  const timer = setInterval(compare, CLOCK_EVERY_MS).unref()
  compare()
  return () => clearInterval(timer)
}
