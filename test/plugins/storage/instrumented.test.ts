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
