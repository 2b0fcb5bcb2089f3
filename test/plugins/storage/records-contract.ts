// What every storage does with records: single use, kinds, lifetimes, and races between callers and processes.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { encodeRecord } from '../../../plugins/storage/contract.ts'
import { race, type StorageUnderTest } from './storage-under-test.ts'

/** One of the suites that SQLite, Redis and Redis Cluster pass. */
export async function recordsContract (t: Test, { place, storage }: StorageUnderTest): Promise<void> {
  const things = storage.collection<{ n: number }>('thing')

  t.test('put, find, create, take, delete', async (t) => {
    t.equal(await things.find('a'), undefined)
    await things.put('a', { n: 1 }, 60)
    t.same(await things.find('a'), { n: 1 })
    await things.put('a', { n: 2 }, null)
    t.equal(await things.create('a', { n: 3 }, 60), false)
    t.same(await things.take('a'), { n: 2 })
    t.equal(await things.take('a'), undefined)
    t.equal(await things.create('a', { n: 3 }, null), true)
    await things.delete('a')
    await things.delete('a')
    t.equal(await things.find('a'), undefined)
  })

  t.test('update writes, removes, or leaves alone, and hands back the result', async (t) => {
    const add = () =>
      things.update('u', (found) => ({ write: { record: { n: (found?.n ?? 0) + 1 }, ttl: 60 }, result: found?.n }))
    t.equal(await add(), undefined)
    t.equal(await add(), 1)
    t.equal(await things.update('u', (found) => ({ result: found?.n })), 2)
    await t.rejects(
      things.update('u', () => {
        throw new Error('no')
      }),
      { message: 'no' }
    )
    t.same(await things.find('u'), { n: 2 })
    t.equal(await things.update('u', () => ({ remove: true, result: 'gone' })), 'gone')
    t.equal(await things.find('u'), undefined)
  })

  t.test('a record expires at its time, for every operation', async (t) => {
    for (const id of ['e1', 'e2', 'e3', 'e4']) await things.put(id, { n: 1 }, 0.05)
    await sleep(120)
    t.equal(await things.find('e1'), undefined)
    t.equal(await things.take('e2'), undefined)
    t.equal(await things.create('e3', { n: 2 }, 60), true)
    t.equal(await things.update('e4', (found) => ({ result: found })), undefined)
  })

  t.test('a value of one kind is never read as another (WB-04)', async (t) => {
    await things.put('k', { n: 1 }, 60)
    t.equal(await storage.collection('other').find('k'), undefined)
    t.equal(await storage.collection('other').take('k'), undefined)
    await place.writeRaw('thing', 'forged', encodeRecord('other', { n: 9 }))
    t.equal(await things.find('forged'), undefined)
    t.equal(await things.take('forged'), undefined)
  })

  t.test('a damaged record counts as absent, with a warning, and can be replaced (SG-10)', async (t) => {
    const warnings: string[] = []
    const other = await place.open({
      warn: (line) => {
        warnings.push(line)
      }
    })
    t.teardown(() => other.close())
    await place.writeRaw('thing', 'damaged', '{"kind":"thing","rec')
    t.equal(await other.collection('thing').find('damaged'), undefined)
    t.match(warnings.at(-1), /a stored thing is damaged/)
    t.equal(
      await things.update('damaged', (found) => ({ write: { record: { n: 1 }, ttl: 60 }, result: found })),
      undefined
    )
    t.same(await things.find('damaged'), { n: 1 })
    await place.writeRaw('thing', 'null', 'null')
    t.equal(await things.take('null'), undefined)
  })

  t.test('of fifty takers one gets it, and no update of fifty is lost', async (t) => {
    await things.put('once', { n: 1 }, 60)
    const taken = await Promise.all(Array.from({ length: 50 }, () => things.take('once')))
    t.equal(taken.filter(Boolean).length, 1)
    await Promise.all(
      Array.from({ length: 50 }, () =>
        things.update('sum', (found) => ({
          write: { record: { n: (found?.n ?? 0) + 1 }, ttl: 60 },
          result: undefined
        }))
      )
    )
    t.same(await things.find('sum'), { n: 50 })
  })

  t.test('the same between processes (WB-01)', async (t) => {
    for (let round = 0; round < 100; round++) await things.put(`single-${round}`, { n: round }, 60)
    const takes = await race(place, 'take', 100)
    t.equal(
      takes.reduce((sum, count) => sum + count, 0),
      100,
      'each of 100 records was taken once'
    )
    await race(place, 'update', 100)
    t.same(await things.find('shared'), { n: 300 }, 'no update of three processes was lost')
  })

  t.test('all: every live record of one kind', async (t) => {
    const many = storage.collection<{ n: number }>('many')
    await Promise.all(Array.from({ length: 1203 }, (_, n) => many.put(`m${n}`, { n }, n % 2 ? 60 : null)))
    await storage.collection('many-other').put('x', { n: -1 }, 60)
    const found = await Array.fromAsync(many.all())
    t.equal(new Set(found.map(({ id }) => id)).size, 1203)
    t.ok(found.every(({ id, record }) => id === `m${record.n}`))
  })
}
