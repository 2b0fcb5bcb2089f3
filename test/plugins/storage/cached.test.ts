// Records kept in memory: what is changed, here or by another process, counts at once; and where storage cannot vouch
// for what was read, it is read again.
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { StorageUnavailable, type Collection, type Storage } from '../../../plugins/storage/contract.ts'
import { cacheRecords } from '../../../plugins/storage/cached.ts'
import { openRedisStorage } from '../../../plugins/storage/redis/index.ts'
import { openSqliteStorage } from '../../../plugins/storage/sqlite/index.ts'
import { startFaultyWire } from '../../helpers/faulty-wire.ts'
import { noRedis, startRedis } from '../../helpers/redis.ts'
import { folder } from '../../helpers/tool-context.ts'

interface Thing {
  n: number
  list?: number[]
}

const redis = await startRedis()
t.teardown(() => redis?.stop())
let time = 1_800_000_000
const now = () => time
const log = { warn () {} }

/** Counts how often storage itself is asked, and holds its answers back as long as a test wants, or loses them. */
function counting (storage: Storage) {
  const seen = { reads: 0, gate: Promise.resolve(), losesAnswers: false }
  const counted: Storage = {
    ...storage,
    collection<T>(kind: string): Collection<T> {
      const inner = storage.collection<T>(kind)
      return {
        ...inner,
        async find (id) {
          seen.reads++
          const record = await inner.find(id)
          await seen.gate
          return record
        },
        async put (id, record, ttl) {
          await inner.put(id, record, ttl)
          if (seen.losesAnswers) throw new StorageUnavailable('it was written, and its answer was lost')
        }
      }
    }
  }
  return { counted, seen }
}

const until = async (holds: () => Promise<boolean>) => {
  for (let tries = 0; tries < 400; tries++) {
    if (await holds()) return true
    await sleep(5)
  }
  return false
}

async function keep (t: Test, open: () => Promise<Storage>) {
  const [here, elsewhere] = [await open(), await open()]
  t.teardown(() => Promise.all([here.close(), elsewhere.close()]))
  const { counted, seen } = counting(here)
  const kept = await cacheRecords<Thing>(counted, 'thing', now)
  /** On Redis the first look asks whether the connection answers. */
  const isKept = (id: string) =>
    until(async () => {
      const before = seen.reads
      await kept.find(id)
      return seen.reads === before
    })
  return { kept, seen, isKept, other: elsewhere.collection<Thing>('thing') }
}

const places: Array<[string, ((t: Test) => Promise<() => Promise<Storage>>) | undefined]> = [
  ['SQLite', async (t) => {
    const place = await folder(t)
    return async () => openSqliteStorage(place, now)
  }],
  ['Redis', redis && (async () => () => openRedisStorage(redis.url, log))]
]
for (const [name, place] of places) {
  t.test(name, { skip: place ? false : noRedis }, async (t) => {
    const { kept, seen, isKept, other } = await keep(t, await place!(t))

    await t.test('what was read is not read again, is shared, and cannot be changed by who gets it', async (t) => {
      await kept.put('a', { n: 1, list: [1] }, 60)
      t.ok(await isKept('a'))
      const found = await kept.find('a')
      t.same(found, { n: 1, list: [1] })
      t.throws(() => found!.list!.push(2), TypeError)
      t.equal(await kept.find('nothing'), undefined)
    })

    await t.test('what this process changes counts at once', async (t) => {
      t.ok(await isKept('a'))
      await kept.put('a', { n: 2 }, 60)
      t.same(await kept.find('a'), { n: 2 })
      t.ok(await isKept('a'))
      await kept.update('a', (record) => ({ write: { record: { n: record!.n + 1 }, ttl: 60 }, result: null }))
      t.same(await kept.find('a'), { n: 3 })
      t.ok(await isKept('a'))
      t.same(await kept.take('a'), { n: 3 })
      t.equal(await kept.find('a'), undefined)
      await kept.create('a', { n: 4 }, 60)
      t.ok(await isKept('a'))
      await kept.delete('a')
      t.equal(await kept.find('a'), undefined)
    })

    await t.test('so does what was changed without an answer', async (t) => {
      await kept.put('lost', { n: 1 }, 60)
      t.ok(await isKept('lost'))
      seen.losesAnswers = true
      await t.rejects(kept.put('lost', { n: 2 }, 60), { name: 'StorageUnavailable' })
      seen.losesAnswers = false
      t.same(await kept.find('lost'), { n: 2 })
    })

    await t.test('what was read while the clock had leapt ahead is read again (SG-12)', async (t) => {
      const leap = 366 * 86_400
      time += leap
      await kept.put('leapt', { n: 1 }, 60)
      t.ok(await isKept('leapt'))
      time -= leap
      const before = seen.reads
      await kept.find('leapt')
      t.ok(seen.reads > before)
    })

    await t.test('what another process changes counts, too', async (t) => {
      await kept.put('b', { n: 1 }, 60)
      for (const [change, expected] of [
        [() => other.put('b', { n: 2 }, 60), { n: 2 }],
        [() => other.update('b', () => ({ write: { record: { n: 3 }, ttl: 60 }, result: null })), { n: 3 }],
        [() => other.delete('b'), undefined]
      ] as const) {
        t.ok(await isKept('b'))
        await change()
        t.ok(
          await until(async () => JSON.stringify(await kept.find('b')) === JSON.stringify(expected)),
          JSON.stringify(expected)
        )
      }
    })

    await t.test('an answer that was on its way while something changed is not kept', async (t) => {
      await kept.put('c', { n: 1 }, 60)
      t.ok(await isKept('c'))
      await kept.delete('other')
      await kept.put('c', { n: 2 }, 60)
      const { promise, resolve } = Promise.withResolvers<void>()
      seen.gate = promise
      const slow = kept.find('c')
      await sleep(20)
      await kept.put('c', { n: 3 }, 60)
      resolve()
      await slow
      t.same(await kept.find('c'), { n: 3 })
    })

    await t.test('after a few seconds it is read again in any case', async (t) => {
      t.ok(await isKept('c'))
      time += 6
      const before = seen.reads
      await kept.find('c')
      t.ok(seen.reads > before)
    })
  })
}

t.test('everything is read where Redis cannot be heard', { skip: redis ? false : noRedis }, async (t) => {
  const direct = new URL(redis!.url)
  const wire = await startFaultyWire(Number(direct.port))
  t.teardown(() => wire.close())
  const through = new URL(direct)
  through.port = String(wire.port)
  const { kept, seen, isKept, other } = await keep(t, () => openRedisStorage(through.href, log))
  await other.put('d', { n: 1 }, 60)
  t.ok(await isKept('d'))

  await t.test('a connection that says nothing vouches for nothing: what is kept is not answered (WB-06)', async (t) => {
    wire.answers = 'swallow'
    t.ok(
      await until(() =>
        kept.find('d').then(
          () => false,
          (error) => error instanceof StorageUnavailable
        )
      )
    )
    wire.heal()
    wire.cut()
    t.ok(
      await until(() =>
        kept.find('d').then(
          () => true,
          () => false
        )
      )
    )
  })

  await t.test('what was changed while nobody listened is not missed', async (t) => {
    t.ok(await isKept('d'))
    wire.cut(true)
    const outside = await openRedisStorage(direct.href, log)
    await outside.collection<Thing>('thing').put('d', { n: 2 }, 60)
    await outside.close()
    wire.heal()
    const values: unknown[] = []
    t.ok(
      await until(() =>
        kept.find('d').then(
          (record) => {
            values.push(record?.n)
            return true
          },
          () => false
        )
      )
    )
    t.same(values, [2], 'the first answer is the new one')
    t.ok(await isKept('d'), 'and it is kept again')
  })

  await t.test('a Redis that was emptied', async (t) => {
    await redis!.client.flushall()
    t.ok(await until(async () => (await kept.find('d')) === undefined))
  })

  await t.test('a Redis that does not let itself be watched', async (t) => {
    await redis!.client.call('ACL', 'SETUSER', 'plain', 'on', '>word', '~*', '&*', '+@all', '-client|tracking')
    const plain = new URL(direct)
    plain.username = 'plain'
    plain.password = 'word'
    const lines: string[] = []
    const storage = await openRedisStorage(plain.href, {
      warn: (line) => {
        lines.push(line)
      }
    })
    t.teardown(() => storage.close())
    const { counted, seen: reads } = counting(storage)
    const unwatched = await cacheRecords<Thing>(counted, 'thing', now)
    await unwatched.put('e', { n: 1 }, 60)
    for (let count = 0; count < 5; count++) t.same(await unwatched.find('e'), { n: 1 })
    t.equal(reads.reads, 5)
    t.match(lines, [/does not report changes/])
  })
  t.ok(seen.reads > 0)
})
