// What is special to the Redis storage: an outage and its end, lifetimes of every key, and a Redis that is full (threats WB-06,
// SG-04, SG-11).
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { JOURNAL_BOUNDS, StorageUnavailable } from '../../../../plugins/storage/contract.ts'
import { migrate } from '../../../../plugins/storage/migrations.ts'
import { openRedisStorage } from '../../../../plugins/storage/redis/index.ts'
import { startFaultyWire } from '../../../helpers/faulty-wire.ts'
import { fillRedis, noRedis, startRedis } from '../../../helpers/redis.ts'

const log = { warn () {} }
const redis = await startRedis()
t.teardown(() => redis?.stop())

t.test(
  'Redis that is away is reported at once, and comes back without a restart (WB-06)',
  { skip: redis ? false : noRedis },
  async (t) => {
    const storage = await openRedisStorage(redis!.url, log)
    t.teardown(() => storage.close())
    const things = storage.collection<{ n: number }>('thing')
    await things.put('durable', { n: 1 }, null)
    await redis!.kill()
    await t.rejects(things.put('x', { n: 2 }, 60), StorageUnavailable)
    await t.rejects(
      things.update('durable', () => ({ remove: true, result: 1 })),
      StorageUnavailable
    )
    await t.rejects(storage.check(), StorageUnavailable)
    await redis!.restart()
    for (let tries = 0; tries < 100; tries++) {
      if (
        await storage.check().then(
          () => true,
          () => false
        )
      ) { break }
      await sleep(100)
    }
    t.same(await things.find('durable'), { n: 1 })
    await redis!.client.config('SET', 'min-replicas-to-write', '1')
    await t.rejects(
      things.put('x', { n: 2 }, 60), StorageUnavailable, 'a Redis that refuses writes'
    )
    await redis!.client.config('SET', 'min-replicas-to-write', '0')
    await things.put('x', { n: 2 }, 60)
  }
)

t.test('a prefix that Redis could read as a pattern is taken as it is written (SG-46)', { skip: redis ? false : noRedis }, async (t) => {
  const url = new URL(redis!.url)
  for (const prefix of ['team[1]:', 'a*:', 'b?\\:', '{tag}:']) {
    url.searchParams.set('keyPrefix', prefix)
    const storage = await openRedisStorage(url.href, log)
    t.teardown(() => storage.close())
    await storage.collection('thing').put('one', {}, null)
    t.match(await Array.fromAsync(storage.collection('thing').all()), [{ id: 'one' }], prefix)
    t.equal((await Array.fromAsync(storage.entries())).length, 1)
    await storage.clear()
    t.equal(await storage.collection('thing').find('one'), undefined)
  }
})

t.test('a list that Redis does not answer is no fault of this server (SG-46)', { skip: redis ? false : noRedis }, async (t) => {
  const storage = await openRedisStorage(redis!.url, log)
  t.teardown(() => storage.close())
  await redis!.kill()
  await t.rejects(Array.fromAsync(storage.collection('thing').all()), StorageUnavailable)
  await redis!.restart()
})

t.test(
  'a connection that carries nothing any more, without a word, is replaced (WB-06)',
  { skip: redis ? false : noRedis },
  async (t) => {
    const through = new URL(redis!.url)
    const wire = await startFaultyWire(Number(through.port))
    t.teardown(() => wire.close())
    through.port = String(wire.port)
    const lines: string[] = []
    const storage = await openRedisStorage(through.href, { warn: (line) => lines.push(line) })
    t.teardown(() => storage.close())
    const things = storage.collection<{ n: number }>('thing')
    await things.put('one', { n: 1 }, 60)
    wire.silence()
    let found: unknown
    for (let tries = 0; tries < 10 && found === undefined; tries++) found = await things.find('one').catch(() => sleep(300))
    t.same(found, { n: 1 })
    t.match(lines, [/^Redis: Socket timeout/])
  }
)

t.test('Redis that is not there at the start', async (t) => {
  await t.rejects(openRedisStorage('redis://127.0.0.1:1', log), {
    name: 'StartError',
    message: /^REDIS_URL: Redis at 127\.0\.0\.1:1 is not ready: connect ECONNREFUSED/
  })
})

t.test(
  'Redis: everything expires at its time, and journals keep to their bounds (SG-11)',
  { skip: redis ? false : noRedis },
  async (t) => {
    const storage = await openRedisStorage(redis!.url, log)
    t.teardown(() => storage.close())
    const leftOf = async (key: string) => Math.ceil((await redis!.client.pttl(`mcp:${key}`)) / 1000)
    const things = storage.collection<object>('lasting')
    await things.put('put', {}, 90)
    await things.create('create', {}, 91)
    await things.update('update', () => ({ write: { record: {}, ttl: 92 }, result: null }))
    await storage.count([{ key: 'count', by: 1, ttl: 93 }])
    await storage.count([{ key: 'count', by: 1, ttl: 1_000 }])
    await storage.journal('lasting').append([{ topic: 'ann', entry: 1 }])
    const near = async (key: string, seconds: number) => {
      const left = await leftOf(key)
      t.ok(left <= seconds && left > seconds - 10, `${key}: ${left} of ${seconds} seconds`)
    }
    for (const [id, seconds] of [
      ['put', 90],
      ['create', 91],
      ['update', 92]
    ] as const) { await near(`lasting:${id}`, seconds) }
    await near('counter:count', 93)
    await near('journal:lasting:ann', JOURNAL_BOUNDS.ageSeconds)

    // What is a day old stays, what is older than the bound goes.
    await redis!.client.config('SET', 'stream-node-max-entries', '1')
    for (const days of [91, 1]) {
      await redis!.client.xadd(
        'mcp:journal:aged',
        `${Date.now() - days * 86_400_000}-0`,
        'entry',
        String(days),
        'topic',
        ''
      )
    }
    await storage.journal('aged').append([{ entry: 0 }])
    t.same(await Array.fromAsync(storage.journal('aged').all()), [1, 0])

    const most = JOURNAL_BOUNDS.entries
    await redis!.client.eval(
      `for i = 1, ${most + 50} do redis.call('XADD', KEYS[1], '*', 'entry', '1', 'topic', '') end`,
      1,
      'mcp:journal:many'
    )
    await storage.journal('many').append([{ entry: 2 }])
    t.ok((await redis!.client.xlen('mcp:journal:many')) <= most + 1)
    await redis!.client.del('mcp:journal:many')
    await redis!.client.config('SET', 'stream-node-max-entries', '100')
  }
)

t.test(
  'what a journal has of a topic is forgotten without reading all of it (AW-02)',
  { skip: redis ? false : noRedis },
  async (t) => {
    const storage = await openRedisStorage(redis!.url, log)
    t.teardown(() => storage.close())
    const { client } = redis!
    const yesterday = Date.now() - 86_400_000
    // Its topic has lost this one, as it does where a journal is shortened.
    await client.xadd('mcp:journal:long', `${yesterday}-0`, 'entry', '0', 'topic', 'ann')
    await client.eval(
      "for i = 1, 20000 do redis.call('XADD', KEYS[1], ARGV[1] .. '-' .. i, 'entry', i, 'topic', '') end",
      1,
      'mcp:journal:long',
      yesterday
    )
    const journal = storage.journal<number>('long')
    await journal.append([
      { topic: 'ann', entry: -1 },
      { topic: 'bob', entry: -2 },
      { topic: 'ann', entry: -3 }
    ])
    const reads = async () => Number(/cmdstat_xrange:calls=(\d+)/.exec(await client.info('commandstats'))?.[1] ?? 0)
    const before = await reads()
    await journal.forget('ann')
    await journal.forget('nobody')
    t.ok((await reads()) - before < 10, `${(await reads()) - before} pages were read`)
    t.same(await journal.latest(2), [20_000, -2])
    t.equal(await client.xlen('mcp:journal:long'), 20_001)
    t.same(await journal.newest('ann', 5), [])
    await client.del('mcp:journal:long')
  }
)

t.test(
  'a Redis that is full: deleting and starting work, and it recovers by itself (SG-04)',
  { skip: redis ? false : noRedis },
  async (t) => {
    const storage = await openRedisStorage(redis!.url, log)
    t.teardown(() => storage.close())
    const things = storage.collection<{ n: number }>('thing')
    await things.put('one', { n: 1 }, null)
    await things.put('two', { n: 2 }, null)
    const makeRoom = await fillRedis(t, redis!)
    await t.rejects(things.put('three', { n: 3 }, 60), StorageUnavailable)
    await t.rejects(storage.check(), StorageUnavailable, 'it is said')
    t.same(await things.take('one'), { n: 1 })
    t.equal(await things.update('two', () => ({ remove: true, result: 'gone' })), 'gone')
    const again = await openRedisStorage(redis!.url, log)
    await migrate(again, [], { info () {} })
    await again.close()
    await makeRoom()
    await storage.check()
    await things.put('three', { n: 3 }, 60)
  }
)

t.test(
  'a Redis that is full takes what is no larger than before (SG-20)',
  { skip: redis ? false : noRedis },
  async (t) => {
    const storage = await openRedisStorage(redis!.url, log)
    t.teardown(() => storage.close())
    const lists = storage.collection<string[]>('list')
    await lists.put('kept', ['a', 'b'], null)
    await lists.put('ends', ['a', 'b'], 60)
    await fillRedis(t, redis!)
    const change = (id: string, record: string[], ttl: number | null) =>
      lists.update(id, () => ({ write: { record, ttl }, result: 'done' }))
    t.equal(await change('kept', ['b'], null), 'done')
    t.equal(await change('ends', ['b'], 30), 'done')
    t.same([await lists.find('kept'), await lists.find('ends')], [['b'], ['b']])
    t.equal(await redis!.client.pttl('mcp:list:kept'), -1)
    const left = await redis!.client.pttl('mcp:list:ends')
    t.ok(left > 0 && left <= 30_000)
    await t.rejects(change('kept', ['b', 'c'], null), StorageUnavailable)
    await t.rejects(lists.create('new', [], 60), StorageUnavailable)
    await t.rejects(storage.check(), StorageUnavailable, 'it is said')
    t.same(await lists.find('kept'), ['b'])
  }
)
