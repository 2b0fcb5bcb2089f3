// What a start says about the storage it finds: a Redis that forgets, is too old, may not be written or runs by another
// clock, and a secret key that is another one (threats SG-13, SG-14).
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { checkRedis, watchClock } from '../../../../plugins/storage/redis/check.ts'
import { openRedisStorage } from '../../../../plugins/storage/redis/index.ts'
import { checkKey } from '../../../../plugins/storage/key-check.ts'
import { createSealing } from '../../../../plugins/secrets.ts'
import { openSqliteStorage } from '../../../../plugins/storage/sqlite/index.ts'
import { noRedis, startRedis } from '../../../helpers/redis.ts'
import { folder } from '../../../helpers/tool-context.ts'

const redis = await startRedis()
t.teardown(() => redis?.stop())
const skip = redis ? false : noRedis

const listen = () => {
  const lines: string[] = []
  return {
    lines,
    log: {
      warn: (line: string) => {
        lines.push(line)
      }
    }
  }
}

t.test('SG-13: a Redis that forgets is said loudly, a good one is not', { skip }, async (t) => {
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

t.test('SG-13: a Redis that can never work is refused with what to write', { skip }, async (t) => {
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

t.test('SG-13: a clock that differs from that of Redis is said', { skip }, async (t) => {
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

t.test("SG-14: another secret key than the data's is said, and a key that was changed in order is not", async (t) => {
  const storage = openSqliteStorage(await folder(t), () => 1_800_000_000)
  t.teardown(() => storage.close())
  const [former, present, other] = ['former', 'present', 'other'].map(
    (name) => `${name} x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A`
  ) as [string, string, string]
  const start = async (...keys: string[]) => {
    const { lines, log } = listen()
    await checkKey(storage, createSealing(keys), log)
    return lines
  }
  t.same(await start(former), [])
  t.match(await start(other), [/^SECRET_KEY is not the one that this data was written with/])
  t.same(await start(former), [], 'what does not fit changes nothing')
  t.same(await start(present, former), [])
  t.same(await start(present), [], 'the former key may go')
  t.match(await start(former), [/^SECRET_KEY is not/])
})
