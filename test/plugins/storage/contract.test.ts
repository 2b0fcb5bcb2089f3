// One contract for OAuth storage, passed by SQLite and by a real Redis: single use, kinds, lifetimes, races between
// processes, and what happens when storage goes away (threats WB-01, WB-04, WB-05, WB-06).
import { fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { monotonicClock } from '../../../clock.ts'
import {
  encodeRecord,
  JOURNAL_BOUNDS,
  StorageUnavailable,
  type Entry,
  type Log,
  type Storage
} from '../../../plugins/storage/contract.ts'
import { migrate, type Migration } from '../../../plugins/storage/migrations.ts'
import { openRedisStorage } from '../../../plugins/storage/redis/index.ts'
import { openSqliteStorage } from '../../../plugins/storage/sqlite/index.ts'
import { startCluster } from '../../helpers/redis-cluster.ts'
import { canHaveRedis, noRedis, startRedis } from '../../helpers/redis.ts'

const log = { warn () {} }
const redis = await startRedis()
t.teardown(() => redis?.stop())

interface Place {
  open(log?: Log): Promise<Storage>
  arguments: string[]
  writeRaw(kind: string, id: string, value: string): Promise<void>
}

async function sqlitePlace (t: Test): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-storage-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return {
    open: async (told = log) => openSqliteStorage(folder, monotonicClock, told),
    arguments: ['sqlite', folder],
    async writeRaw (kind, id, value) {
      const db = new DatabaseSync(join(folder, 'oauth.db'))
      db.prepare('INSERT INTO records (kind, id, value, expires) VALUES (?, ?, ?, NULL)').run(kind, id, value)
      db.close()
    }
  }
}

async function redisPlace (): Promise<Place> {
  return {
    open: (told = log) => openRedisStorage(redis!.url, told),
    arguments: ['redis', redis!.url],
    async writeRaw (kind, id, value) {
      await redis!.client.set(`mcp:${kind}:${id}`, value)
    }
  }
}

const clusterPlace =
  (masters: number, isNamedWhole = true) =>
    async (t: Test): Promise<Place> => {
      const { url: urls, masters: nodes, stop } = await startCluster(masters)
      t.teardown(stop)
      const url = isNamedWhole ? urls : urls.split(',')[0]!
      return {
        open: (told = log) => openRedisStorage(url, told),
        arguments: ['redis', url],
        async writeRaw (kind, id, value) {
        // The member that holds the key takes it; the others say MOVED.
          await Promise.any(nodes.map(({ client }) => client.set(`mcp:${kind}:${id}`, value)))
        }
      }
    }

/** Processes that all do the same to one storage. @returns what each counted. */
async function race (place: Place, work: string, rounds: number, processes = 3): Promise<number[]> {
  return Promise.all(
    Array.from(
      { length: processes },
      () =>
        new Promise<number>((resolve, reject) => {
          const child = fork(join(import.meta.dirname, '../../helpers/storage-racer.ts'), [
            ...place.arguments,
            work,
            String(rounds)
          ])
          child.once('message', (count) => resolve(count as number))
          child.once('exit', (code) => reject(new Error(`a racer ended with ${code}`)))
        })
    )
  )
}

const places: Array<[string, ((t: Test) => Promise<Place>) | undefined]> = [
  ['SQLite', sqlitePlace],
  ['Redis', redis && redisPlace],
  ['Redis Cluster of one process with all slots', canHaveRedis() ? clusterPlace(1) : undefined],
  ['Redis Cluster of three', canHaveRedis() ? clusterPlace(3) : undefined],
  ['Redis Cluster of three, of which one is named', canHaveRedis() ? clusterPlace(3, false) : undefined]
]
for (const [name, makePlace] of places) {
  t.test(name, { skip: makePlace ? false : noRedis }, async (t) => {
    const place = await makePlace!(t)
    const storage = await place.open()
    t.teardown(() => storage.close())
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

    t.test('a record is over at its time, for every operation', async (t) => {
      for (const id of ['e1', 'e2', 'e3', 'e4']) await things.put(id, { n: 1 }, 0.05)
      await sleep(120)
      t.equal(await things.find('e1'), undefined)
      t.equal(await things.take('e2'), undefined)
      t.equal(await things.create('e3', { n: 2 }, 60), true)
      t.equal(await things.update('e4', (found) => ({ result: found })), undefined)
    })

    t.test('WB-04: a value of one kind is never read as another', async (t) => {
      await things.put('k', { n: 1 }, 60)
      t.equal(await storage.collection('other').find('k'), undefined)
      t.equal(await storage.collection('other').take('k'), undefined)
      await place.writeRaw('thing', 'forged', encodeRecord('other', { n: 9 }))
      t.equal(await things.find('forged'), undefined)
      t.equal(await things.take('forged'), undefined)
    })

    t.test('SG-10: a damaged record counts as absent, with a warning, and can be replaced', async (t) => {
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

    t.test('SG-11: a topic of a journal keeps its newest entries, and no more than its bound', async (t) => {
      const journal = storage.journal<{ n: number }>('bounded')
      const more = JOURNAL_BOUNDS.perTopic + 300
      await journal.append(Array.from({ length: more }, (_, n) => ({ topics: ['ann'], entry: { n } })))
      const found = await journal.newest('ann', 10 * more)
      // Redis drops entries a hundred at a time.
      t.ok(
        found.length >= JOURNAL_BOUNDS.perTopic && found.length < JOURNAL_BOUNDS.perTopic + 200,
        `${found.length} are kept`
      )
      t.same(found[0], { n: more - 1 })
      t.equal((await Array.fromAsync(journal.all())).length, more)
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

    t.test('WB-01: the same between processes', async (t) => {
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

    t.test('a journal: in order, by topic, forgotten by topic', async (t) => {
      const journal = storage.journal<{ n: number }>('deeds')
      await journal.append([
        { topics: ['ann', 'story'], entry: { n: 1 } },
        { topics: [], entry: { n: 2 } }
      ])
      await journal.append([
        { topics: ['bob'], entry: { n: 3 } },
        { topics: ['ann'], entry: { n: 4 } }
      ])
      t.same(await Array.fromAsync(journal.all()), [{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }])
      t.same(await journal.newest('ann', 10), [{ n: 4 }, { n: 1 }])
      t.same(await journal.newest('ann', 1), [{ n: 4 }])
      t.same(await journal.newest('story', 9), [{ n: 1 }])
      await journal.forget('ann')
      t.same(await Array.fromAsync(journal.all()), [{ n: 2 }, { n: 3 }])
      t.same(await journal.newest('ann', 10), [])
      t.same(await Array.fromAsync(storage.journal('others').all()), [])
    })

    t.test('counters: every increment counts, between callers too, and each is forgotten at its time', async (t) => {
      const sums = await Promise.all(
        Array.from({ length: 20 }, () =>
          storage.count([
            { key: 'a', by: 2, ttl: 60 },
            { key: 'b', by: 1, ttl: 60 }
          ])
        )
      )
      t.equal(Math.max(...sums.map(([a]) => a!)), 40)
      t.same(await storage.counts(['a', 'nobody', 'b']), [40, 0, 20])
      t.same(await storage.count([{ key: 'short', by: 5, ttl: 0.05 }]), [5])
      await sleep(120)
      t.same(await storage.counts(['short']), [0])
      t.same(await storage.count([{ key: 'short', by: 3, ttl: 60 }]), [3])
    })

    t.test('the whole of it goes out and comes in again, with lifetimes, counters and journals', async (t) => {
      const collect = async () => {
        const found: Entry[] = []
        for await (const entry of storage.entries()) found.push(entry)
        return found
      }
      await storage.clear()
      t.same(await collect(), [])
      await things.put('for ever: with a colon', { n: 1 }, null)
      await things.put('an hour', { n: 2 }, 3600)
      await things.put('over soon', { n: 3 }, 0.05)
      await storage.count([{ key: 'calls today', by: 7, ttl: 3600 }])
      await storage.journal('moves').append([
        { topics: ['ann', 'a: b'], entry: { what: 'first' } },
        { topics: ['ann'], entry: { what: 'second' } }
      ])
      await sleep(100)
      const entries = await collect()
      t.equal(entries.length, 5, 'what is over is left out')
      await storage.clear()
      t.equal(await things.find('for ever: with a colon'), undefined)

      const gone: Entry = {
        record: { kind: 'thing', id: 'gone', value: encodeRecord('thing', { n: 4 }) },
        expires: Date.now() / 1000 - 1
      }
      await storage.load(
        (async function * () {
          yield * [gone, ...entries]
        })()
      )
      t.same(await things.find('for ever: with a colon'), { n: 1 })
      t.equal(await things.find('gone'), undefined)
      t.same(await storage.counts(['calls today']), [7])
      t.same(await storage.journal('moves').newest('a: b', 5), [{ what: 'first' }])
      t.same(await storage.journal('moves').newest('ann', 5), [{ what: 'second' }, { what: 'first' }])
      const lifetimes = (list: Entry[]) =>
        list.flatMap((entry) => ('record' in entry ? [[entry.record.id, entry.expires]] : [])) as Array<
          [string, number | null]
        >
      const again = new Map(lifetimes(await collect()))
      for (const [id, expires] of lifetimes(entries)) { t.ok(again.get(id) === expires || Math.abs(again.get(id)! - expires!) < 1, `${id} keeps its lifetime`) }
    })

    t.test(
      'versions: each step is taken once, by one of many, in order; a step that fails is taken again',
      async (t) => {
        await storage.clear()
        const log = { info () {} }
        const taken: string[] = []
        const step = (name: string, run = async () => {}): Migration => ({
          name,
          async run () {
            taken.push(name)
            await sleep(20)
            await run()
          }
        })
        await migrate(storage, [], log)
        await things.put('old', { n: 1 }, null)
        let isBroken = true
        const steps = [
          step('double', () =>
            things.update('old', (found) => ({ write: { record: { n: found!.n * 2 }, ttl: null }, result: undefined }))
          ),
          step('fails once', async () => {
            if (isBroken) throw new Error('the disk is full')
          })
        ]
        await t.rejects(migrate(storage, steps, log), { message: 'the disk is full' })
        isBroken = false
        await Promise.all(Array.from({ length: 4 }, () => migrate(storage, steps, log)))
        t.same(taken, ['double', 'fails once', 'fails once'])
        t.same(await things.find('old'), { n: 2 })
        await t.rejects(migrate(storage, steps.slice(1), log), {
          name: 'StorageTooNew',
          message: /newer version of this server \(3; this one knows up to 2\)/
        })
        t.same(await things.find('old'), { n: 2 }, 'and an older server changes nothing')
        await storage.clear()
      }
    )

    t.test('what was written is there after a restart', async (t) => {
      await things.put('kept', { n: 7 }, null)
      const again = await place.open()
      t.same(await again.collection('thing').find('kept'), { n: 7 })
      await again.close()
    })
  })
}

t.test('SQLite: WB-05 what has expired is swept, and a closed file is «unavailable»', async (t) => {
  const place = await sqlitePlace(t)
  let now = 1000
  const storage = openSqliteStorage(place.arguments[1]!, () => now)
  await storage.collection('thing').put('old', {}, 10)
  await storage.collection('thing').put('new', {}, null)
  await storage.count([{ key: 'counter', by: 1, ttl: 10 }])
  await storage.journal('deeds').append([{ topics: ['ann'], entry: { n: 1 } }])
  now += 91 * 86_400
  t.equal(await storage.collection('thing').find('old'), undefined)
  await storage.close()
  await t.rejects(storage.collection('thing').find('new'), StorageUnavailable)
  await t.rejects(storage.check(), StorageUnavailable)
  const reopened = openSqliteStorage(place.arguments[1]!, () => now)
  t.teardown(() => reopened.close())
  const db = new DatabaseSync(join(place.arguments[1]!, 'oauth.db'))
  const rows = (table: string) => db.prepare(`SELECT count(*) AS n FROM ${table}`).get()!['n']
  for (const [table, left] of [
    ['records', 1],
    ['counters', 0],
    ['journal', 0],
    ['journal_topics', 0]
  ] as const) {
    for (let tries = 0; tries < 200 && rows(table) !== left; tries++) await sleep(10)
    t.equal(rows(table), left, `${table}: what expired is gone, not only hidden`)
  }
  db.close()
})

t.test(
  'Redis: WB-06 away is said at once, and it comes back without a restart',
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
    await t.rejects(things.put('x', { n: 2 }, 60), StorageUnavailable, 'a Redis that refuses writes')
    await redis!.client.config('SET', 'min-replicas-to-write', '0')
    await things.put('x', { n: 2 }, 60)
  }
)

t.test('Redis that is not there at the start', async (t) => {
  await t.rejects(openRedisStorage('redis://127.0.0.1:1', log), {
    name: 'StartError',
    message: /^REDIS_URL: Redis at 127\.0\.0\.1:1 is not ready: connect ECONNREFUSED/
  })
})

t.test(
  'SG-11: Redis forgets everything at its time, and what happened keeps to its bounds',
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
    await storage.journal('lasting').append([{ topics: ['ann'], entry: 1 }])
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
    await near('journal:lasting:ann', JOURNAL_BOUNDS.age)

    // What is a day old stays, what is older than the bound goes.
    await redis!.client.config('SET', 'stream-node-max-entries', '1')
    for (const days of [91, 1]) {
      await redis!.client.xadd(
        'mcp:journal:aged',
        `${Date.now() - days * 86_400_000}-0`,
        'entry',
        String(days),
        'topics',
        '[]'
      )
    }
    await storage.journal('aged').append([{ topics: [], entry: 0 }])
    t.same(await Array.fromAsync(storage.journal('aged').all()), [1, 0])

    const most = JOURNAL_BOUNDS.entries
    await redis!.client.eval(
      `for i = 1, ${most + 50} do redis.call('XADD', KEYS[1], '*', 'entry', '1', 'topics', '[]') end`,
      1,
      'mcp:journal:many'
    )
    await storage.journal('many').append([{ topics: [], entry: 2 }])
    t.ok((await redis!.client.xlen('mcp:journal:many')) <= most + 1)
    await redis!.client.del('mcp:journal:many')
    await redis!.client.config('SET', 'stream-node-max-entries', '100')
  }
)

t.test(
  'SG-04: a Redis that is full: deleting and starting work, and it recovers by itself',
  { skip: redis ? false : noRedis },
  async (t) => {
    const storage = await openRedisStorage(redis!.url, log)
    t.teardown(() => storage.close())
    const things = storage.collection<{ n: number }>('thing')
    await things.put('one', { n: 1 }, null)
    await things.put('two', { n: 2 }, null)
    await redis!.client.config('SET', 'maxmemory', '1')
    t.teardown(() => redis!.client.config('SET', 'maxmemory', '0'))
    await t.rejects(things.put('three', { n: 3 }, 60), StorageUnavailable)
    await t.rejects(storage.check(), StorageUnavailable, 'it is said')
    t.same(await things.take('one'), { n: 1 })
    t.equal(await things.update('two', () => ({ remove: true, result: 'gone' })), 'gone')
    const again = await openRedisStorage(redis!.url, log)
    await migrate(again, [], { info () {} })
    await again.close()
    await redis!.client.config('SET', 'maxmemory', '0')
    await storage.check()
    await things.put('three', { n: 3 }, 60)
  }
)
