// What a start says about the Redis it finds: one that forgets, is too old, may not be written, or runs by another clock
// (threat SG-13).
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { checkRedis, watchClock } from '../../../../plugins/storage/redis/check.ts'
import { openRedisStorage } from '../../../../plugins/storage/redis/index.ts'
import { noRedis, startRedis } from '../../../helpers/redis.ts'
import { listen } from '../../../helpers/warnings.ts'

const redis = await startRedis()
t.teardown(() => redis?.stop())
const skip = redis ? false : noRedis

t.test('a Redis that forgets is said loudly, a good one is not (SG-13)', { skip }, async (t) => {
  const { lines, log } = listen()
  await (await openRedisStorage(redis!.url, log)).close()
  t.same(lines, [])
  await redis!.client.config('SET', 'maxmemory-policy', 'allkeys-lru')
  await redis!.client.config('SET', 'appendonly', 'no')
  await (await openRedisStorage(redis!.url, log)).close()
  await redis!.client.config('SET', 'maxmemory-policy', 'noeviction')
  await redis!.client.config('SET', 'appendonly', 'yes')
  t.match(lines, [
    /deletes sign-ins when its memory is full \(maxmemory-policy allkeys-lru\).*noeviction/,
    /appendonly no.*Set appendonly to yes/
  ])
})

t.test('a Redis that can never work is refused with what to write (SG-13)', { skip }, async (t) => {
  const of = (info: string) => ({ info: async () => info.replaceAll('\n', '\r\n') }) as never
  const { log } = listen()
  await t.rejects(checkRedis(of('redis_version:6.0.16\nredis_mode:standalone\n'), log), {
    name: 'StartError',
    message: /Redis 6\.0 is too old: 6\.2/
  })
  await t.rejects(checkRedis(of('redis_version:7.0.15\nredis_mode:sentinel\n'), log), {
    name: 'StartError',
    message: /Sentinel/
  })
  await checkRedis(of('redis_version:6.2.0\nredis_mode:standalone\n'), log)
  await checkRedis(of('redis_version:10.0.0\n'), log)

  await redis!.client.call('ACL', 'SETUSER', 'unscripted', 'on', '>word', '~*', '&*', '+@all', '-@scripting')
  const url = new URL(redis!.url)
  url.username = 'unscripted'
  url.password = 'word'
  await t.rejects(openRedisStorage(url.href, log), {
    name: 'StartError',
    message: /^REDIS_URL: Redis refuses what every sign-in needs \(NOPERM/
  })
  url.password = 'wrong'
  await t.rejects(openRedisStorage(url.href, log), { name: 'StartError', message: /is not ready: WRONGPASS/ })

  const replica = (await startRedis())!
  t.teardown(() => replica.stop())
  await replica.client.call('REPLICAOF', '127.0.0.1', new URL(redis!.url).port)
  await t.rejects(openRedisStorage(replica.url, log), {
    name: 'StartError',
    message: /replica that may only be read\. Name the primary/
  })
})

t.test('a clock that differs from that of Redis is said (SG-13)', { skip }, async (t) => {
  const real = Date.now
  t.teardown(() => {
    Date.now = real
  })
  for (const [offset, expected] of [
    [0, undefined],
    [40_000, /is 40 seconds ahead of that of Redis/],
    [-70_000, /is 70 seconds behind that of Redis/]
  ] as const) {
    const { lines, log } = listen()
    Date.now = () => real() + offset
    const stop = watchClock(redis!.client, log)
    for (let tries = 0; tries < (expected ? 100 : 0) && lines.length === 0; tries++) await sleep(10)
    await redis!.client.ping()
    stop()
    t.match(lines, expected ? [expected] : [])
    t.equal(lines.length, expected ? 1 : 0)
  }
})

t.test('a Redis that does not tell how it is set up is used, and that is said (SG-13)', async (t) => {
  const { lines, log } = listen()
  await checkRedis({ info: async () => { throw new Error('NOPERM info') } } as never, log)
  t.match(lines, [
    /does not say how it is set up \(NOPERM info\).*noeviction, appendonly yes/
  ])
})

t.test('a record that others change at every attempt is given up, and left as they wrote it', { skip }, async (t) => {
  const storage = await openRedisStorage(redis!.url, { warn () {} })
  t.teardown(() => storage.close())
  const things = storage.collection<{ n: number }>('contended')
  let n = 0
  const update = things.update('a', () => {
    things.put('a', { n: ++n }, null).catch(t.threw)
    return { write: { record: { n: -1 }, ttl: null }, result: 'written' }
  })
  await t.rejects(update, {
    name: 'StorageUnavailable',
    message: /too many writers at once on one contended/
  })
  t.same(await things.find('a'), { n })
})
