// What is answered from memory is what storage holds: a change made here is seen by the next call, one made elsewhere within 100 ms, and where that cannot be known storage is asked (RFC 7009 §2.1; threats RV, WB-01, WB-06).
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { monotonicClock } from '../../clock.ts'
import type { Collection, Storage } from '../../plugins/storage/contract.ts'
import { openRedisCache } from '../../plugins/storage/redis-cache.ts'
import { openRedisStorage } from '../../plugins/storage/redis.ts'
import { openSqliteStorage } from '../../plugins/storage/sqlite.ts'
import { startFaultyWire } from '../helpers/faulty-wire.ts'
import { canHaveRedis, noRedis, startRedis } from '../helpers/redis.ts'

const log = { warn () {} }
const skip = canHaveRedis() ? false : noRedis
interface Thing { n: number }

/** Asks until the answer comes from memory: at once, without a promise. */
async function untilKept<T> (find: () => T | Promise<T>): Promise<void> {
  for (let turn = 0; turn < 400; turn++) {
    if (!(find() instanceof Promise)) return
    await sleep(5)
  }
  throw new Error('nothing is answered from memory')
}

async function changesAreSeen (t: Test, here: Storage, there: Storage): Promise<void> {
  const things: Collection<Thing> = here.collection('thing')
  const elsewhere: Collection<Thing> = there.collection('thing')
  const kept = async () => {
    await things.put('a', { n: 1 }, 60)
    await untilKept(() => things.findRecent('a'))
    t.same(await things.findRecent('a'), { n: 1 })
  }
  t.equal(await things.findRecent('nobody'), undefined)

  const changes: Array<[string, (from: Collection<Thing>) => Promise<unknown>, Thing | undefined]> = [
    ['put', (from) => from.put('a', { n: 2 }, 60), { n: 2 }],
    ['update that writes', (from) => from.update('a', (found) => ({ write: { record: { n: found!.n + 4 }, ttl: 60 }, result: 0 })), { n: 5 }],
    ['update that removes', (from) => from.update('a', () => ({ remove: true, result: 0 })), undefined],
    ['take', (from) => from.take('a'), undefined],
    ['delete', (from) => from.delete('a'), undefined]
  ]
  for (const [name, change, expected] of changes) {
    await kept()
    await change(here.collection('thing'))
    t.same(await things.findRecent('a'), expected, `${name} here, by another collection of the kind: seen by the next call`)
    await kept()
    await change(elsewhere)
    await sleep(100)
    t.same(await things.findRecent('a'), expected, `${name} elsewhere: seen within 100 ms`)
  }
  await kept()
  await there.clear()
  await sleep(100)
  t.equal(await things.findRecent('a'), undefined, 'everything deleted elsewhere')
}

t.test('SQLite: RV a record that was read is answered from memory until anybody changes it', async (t) => {
  const folder = t.testdir()
  const [here, there] = [openSqliteStorage(folder, monotonicClock), openSqliteStorage(folder, monotonicClock)]
  t.teardown(() => Promise.all([here.close(), there.close()]))
  await changesAreSeen(t, here, there)
})

t.test('SQLite: a record that is over is not answered', async (t) => {
  let now = 1_000
  const storage = openSqliteStorage(t.testdir(), () => now)
  t.teardown(() => storage.close())
  await storage.collection<Thing>('thing').put('a', { n: 1 }, 10)
  t.same(await storage.collection('thing').findRecent('a'), { n: 1 })
  now += 11
  t.equal(await storage.collection('thing').findRecent('a'), undefined)
})

t.test('Redis', { skip }, async (t) => {
  const redis = (await startRedis())!
  t.teardown(() => redis.stop())
  const asked = async () => Number(/cmdstat_get:calls=(\d+)/.exec(await redis.client.info('commandstats'))?.[1] ?? 0)

  await t.test('RV a record that was read is answered from memory until anybody changes it', async (t) => {
    const [here, there] = await Promise.all([openRedisStorage(redis.url, log), openRedisStorage(redis.url, log)])
    t.teardown(() => Promise.all([here.close(), there.close()]))
    await changesAreSeen(t, here, there)
  })

  await t.test('while it is kept Redis is not asked, and a record that expires there is gone here', async (t) => {
    const storage = await openRedisStorage(redis.url, log)
    t.teardown(() => storage.close())
    const things = storage.collection<Thing>('brief')
    await things.put('a', { n: 1 }, 0.3)
    await untilKept(() => things.findRecent('a'))
    const before = await asked()
    for (let call = 0; call < 100; call++) await things.findRecent('a')
    t.equal(await asked(), before)
    await sleep(1_300)
    t.equal(await things.findRecent('a'), undefined)
  })

  /** A cache whose own connection goes over a wire that can fail, while the records are read directly. */
  const overWire = async (t: Test) => {
    const wire = await startFaultyWire(redis.client.options.port!)
    const like = new Redis({ port: wire.port, keyPrefix: redis.client.options.keyPrefix!, lazyConnect: true, commandTimeout: 3_000, maxRetriesPerRequest: 0, enableOfflineQueue: false, retryStrategy: () => 50 })
    const cache = openRedisCache<string>(like, 'wired:')
    t.teardown(() => { cache.close(); wire.close() })
    const find = () => cache.find('a', async () => await redis.client.get('wired:a') ?? undefined)
    await redis.client.set('wired:a', 'old')
    await untilKept(find)
    return { wire, cache, find }
  }

  await t.test('WB-06 a connection that is lost answers nothing from memory, and comes back', async (t) => {
    const { wire, find } = await overWire(t)
    wire.cut(true)
    await sleep(20)
    await redis.client.set('wired:a', 'new')
    t.ok(find() instanceof Promise, 'storage is asked')
    t.equal(await find(), 'new')
    await sleep(200)
    t.ok(find() instanceof Promise, 'each time')
    wire.heal()
    await untilKept(find)
    t.equal(await find(), 'new')
  })

  await t.test('WB-06 a connection that has fallen silent answers nothing from memory after 100 ms', async (t) => {
    const { wire, find } = await overWire(t)
    wire.answers = 'swallow'
    await redis.client.del('wired:a')
    await sleep(100)
    t.ok(find() instanceof Promise, 'storage is asked')
    t.equal(await find(), undefined)
  })

  await t.test('WB-06 a client that Redis has thrown out is told nothing, and keeps nothing', async (t) => {
    const { find } = await overWire(t)
    await redis.client.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await redis.client.set('wired:a', 'new')
    await sleep(100)
    t.equal(await find(), 'new')
    await untilKept(find)
  })

  await t.test('a change that overtakes the answer of a read is not covered by it', async (t) => {
    const { cache } = await overWire(t)
    await untilKept(() => cache.find('a', async () => 'x'))
    const { promise, resolve } = Promise.withResolvers<string>()
    const reading = cache.find('b', () => promise)
    await redis.client.set('wired:b', 'new')
    await sleep(50)
    resolve('old')
    t.equal(await reading, 'old', 'who asked before gets what was read')
    t.equal(await cache.find('b', async () => 'new'), 'new', 'and who asks after it reads anew')
    const second = Promise.withResolvers<string>()
    const again = cache.find('c', () => second.promise)
    cache.forget('c')
    second.resolve('old')
    await again
    t.equal(await cache.find('c', async () => 'new'), 'new', 'also after a change made here')
  })

  await t.test('a read that failed is not kept', async (t) => {
    const { cache } = await overWire(t)
    await t.rejects(Promise.resolve(cache.find('d', () => Promise.reject(new Error('away')))), { message: 'away' })
    t.equal(await cache.find('d', async () => 'there'), 'there')
  })
})
