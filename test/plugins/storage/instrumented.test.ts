// Instrumented storage: each operation passes through every observer, the first outermost; without any it is itself.
import t from 'tap'
import { instrument, type Observe } from '../../../plugins/storage/instrumented.ts'
import { openSqliteStorage } from '../../../plugins/storage/sqlite/index.ts'
import { folder } from '../../helpers/tool-context.ts'

t.test('operations and kinds are seen, ids and records are not', async (t) => {
  const storage = openSqliteStorage(await folder(t), () => 1_000)
  t.teardown(() => storage.close())
  t.equal(instrument(storage, []), storage)
  const seen: string[] = []
  const observer = (name: string): Observe => async (operation, kind, work) => {
    seen.push(`${name} ${operation} ${kind}`)
    return work()
  }
  const watched = instrument(storage, [observer('outer'), observer('inner')])
  await watched.collection('thing').put('secret', { n: 1 }, 60)
  t.same(await watched.collection('thing').take('secret'), { n: 1 })
  await watched.count([{ key: 'k', by: 1, ttl: 60 }])
  await watched.check()
  const operations = ['put thing', 'take thing', 'count counter', 'check check']
  t.same(seen, operations.flatMap((operation) => [`outer ${operation}`, `inner ${operation}`]))
})

t.test('each operation does what it does without observers', async (t) => {
  const storage = openSqliteStorage(await folder(t), () => 1_000)
  t.teardown(() => storage.close())
  const seen: string[] = []
  const watched = instrument(storage, [async (operation, kind, work) => {
    seen.push(`${operation} ${kind}`)
    return work()
  }])
  const things = watched.collection<{ n: number }>('thing')
  const log = watched.journal<{ n: number }>('log')
  t.equal(await things.create('a', { n: 1 }, 60), true)
  t.equal(await things.create('a', { n: 2 }, 60), false)
  t.same(await things.find('a'), { n: 1 })
  t.equal(await things.update('a', () => ({ result: 'kept' })), 'kept')
  const all = await Array.fromAsync(things.all())
  t.equal(all.length, 1)
  t.same(all, await Array.fromAsync(storage.collection('thing').all()))
  await things.delete('a')
  t.equal(await things.find('a'), undefined)

  await log.append([1, 2, 3].map((n) => ({ topic: n < 3 ? 'few' : 'one', entry: { n } })))
  t.match(await log.newest('few', 1), [{ n: 2 }])
  t.match(await log.latest(1), [{ n: 3 }])
  t.match(await Array.fromAsync(log.all('few')), [{ n: 1 }, { n: 2 }])
  await log.forget('few')
  t.same(await Array.fromAsync(log.all('few')), [])

  await watched.count([{ key: 'k', by: 2, ttl: 60 }])
  t.same(await watched.counts(['k']), await storage.counts(['k']))
  t.same([...new Set(seen)], [
    ...['create', 'find', 'update', 'delete'].map((name) => `${name} thing`),
    ...['append', 'newest', 'latest', 'forget'].map((name) => `${name} log`),
    'count counter',
    'counts counter'
  ])
})
