// A backup of Redis holds everything, also what
// takes more than one page, and is loaded whole.
import t from 'tap'
import { openRedisStorage } from '../../../../plugins/storage/redis/index.ts'
import { noRedis, startRedis } from '../../../helpers/redis.ts'

const redis = await startRedis()
t.teardown(() => redis?.stop())

t.test('journals and records of any number leave and come back in order', { skip: redis ? false : noRedis }, async (t) => {
  const storage = await openRedisStorage(redis!.url, { warn () {} })
  t.teardown(() => storage.close())
  const numbers = Array.from({ length: 1_200 }, (_, n) => n)
  await storage.journal('log').append(numbers.map((n) => ({ topic: 'ann', entry: n })))
  const things = storage.collection<{ n: number }>('thing')
  await Promise.all(numbers.slice(0, 450).map((n) => things.put(`a:${n}`, { n }, n % 2 ? null : 600)))
  await storage.count([{ key: 'k', by: 3, ttl: 60 }])
  await redis!.client.set('mcp:counter:endless', 1)
  await redis!.client.sadd('mcp:live:one', 'what instances send each other')

  const all = await Array.fromAsync(storage.entries())
  t.equal(all.length, 1_200 + 450 + 1)
  await storage.clear()
  t.same(await redis!.client.keys('*mcp:*'), [])
  await storage.load((async function * () { yield * all })())
  t.same(await Array.fromAsync(storage.journal('log').all()), numbers)
  const found = await Array.fromAsync(things.all())
  t.equal(found.length, 450)
  t.same(await things.find('a:449'), { n: 449 })
  t.same(await storage.counts(['k']), [3])
  const [kept, ends] = await Promise.all(['a:1', 'a:2'].map((id) => redis!.client.pttl(`mcp:thing:${id}`)))
  t.equal(kept, -1)
  t.ok(ends! > 0 && ends! <= 600_000)
})
