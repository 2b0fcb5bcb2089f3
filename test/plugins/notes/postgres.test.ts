// Notes in Postgres: the contract of every store, and what one person may hold of its connections.
import t from 'tap'
import { openPostgresNotes } from '../../../plugins/notes/postgres.ts'
import { connectPostgres, lock, SCHEMA } from '../../../plugins/postgres.ts'
import { noPostgres, startPostgres } from '../../helpers/postgres.ts'
import { noteStoreContract } from './note-store-contract.ts'

const server = await startPostgres()
t.teardown(() => server?.stop())

t.test('notes in Postgres', { skip: server ? false : noPostgres }, async (t) => {
  const places = new WeakMap<object, string>()
  const openIn = async (url: string) => {
    const postgres = await connectPostgres(url, { warn () {} })
    let open = true
    const store = Object.assign(await openPostgresNotes(postgres), {
      close: async () => {
        if (open) await postgres.close()
        open = false
      }
    })
    places.set(store, url)
    return store
  }
  t.test('what one person writes and lists leaves connections to everybody else (OW-23)', async (t) => {
    const url = await server!.newDatabase()
    const [store, blocker] = [await openIn(url), await connectPostgres(url, { warn () {} })]
    t.teardown(() => Promise.all([store.close(), blocker.close()]))
    const note = { id: 'a', title: 'a', text: 'a', version: 1, created: 1, modified: 1 }
    await store.update('bob', 'a', () => note)
    let writes: Array<Promise<void>> = []
    await blocker.transaction(async (query) => {
      await lock(query, `${SCHEMA}.notes ann`)
      writes = Array.from({ length: 20 }, (_, number) => store.update('ann', `${number}`, () => ({ ...note, id: `${number}` })))
      t.match(await store.find('bob', 'a'), note)
      t.equal((await store.list('bob', 10)).length, 1)
    })
    await Promise.all(writes)
    t.equal(await store.count('ann'), 20)
    const lists = Array.from({ length: 150 }, () => store.list('ann', 50))
    const refused = (await Promise.allSettled(lists)).filter(({ status }) => status === 'rejected')
    t.ok(refused.length > 0 && refused.length < 50, 'no more of one person waits than a hundred')
    t.match(refused[0], { reason: { statusCode: 503 } })
  })

  t.test('who is deleted while a note of theirs is written leaves none', async (t) => {
    const store = await openIn(await server!.newDatabase())
    t.teardown(() => store.close())
    const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const before = async () => {
      begun.resolve()
      await gate.promise
    }
    const written = store.update('ann', 'a', () => ({ id: 'a', title: 'a', text: 'a', version: 1, created: 1, modified: 1 }), 'ann', before)
    await begun.promise
    const removed = store.removeAll('ann')
    await store.count('bob')
    gate.resolve()
    await written
    t.equal(await removed, 1)
    t.equal(await store.count('ann'), 0)
  })

  t.test('where all notes together have reached their bound, nothing grows, and what gets smaller or goes is written', async (t) => {
    const url = await server!.newDatabase()
    const postgres = await connectPostgres(url, { warn () {} })
    t.teardown(() => postgres.close())
    let fill = 0
    const filled = ((work) => postgres.transaction((query) => work((async (sql: string, values?: unknown[]) => {
      const rows = await query<Record<string, unknown>>(sql, values as never)
      return rows?.map((row) => ('fill' in row ? { ...row, fill } : row))
    }) as typeof query))) as typeof postgres.transaction
    const store = await openPostgresNotes({ ...postgres, transaction: filled })
    const write = (id: string, text: string) => store.update('ann', id, () => ({ id, title: 'a', text, version: 1, created: 1, modified: 1 }))
    await write('a', '12345')
    fill = 1
    for (const [id, text] of [['a', '123456'],
      ['b', '']] as const) await t.rejects(write(id, text), { name: 'StorageUnavailable', message: /have reached/ })
    for (const text of ['54321', '1']) {
      await write('a', text)
      t.match(await store.find('ann', 'a'), { text })
    }
    await store.update('ann', 'a', () => null)
    t.equal(await store.count('ann'), 0)
    fill = 0.999
    await write('b', 'more')
  })

  t.test('a write that has waited for its turn is asked for once it has it (MW-03)', async (t) => {
    const url = await server!.newDatabase()
    const [store, blocker] = [await openIn(url), await connectPostgres(url, { warn () {} })]
    t.teardown(() => Promise.all([store.close(), blocker.close()]))
    let isThere = true
    const before = () => {
      if (!isThere) throw new Error('gone')
    }
    const write = (number: number) =>
      store.update('ann', `${number}`, () => ({ id: `${number}`, title: 'a', text: 'a', version: 1, created: 1, modified: 1 }), 'ann', before)
    let writes: Array<Promise<void>> = []
    await blocker.transaction(async (query) => {
      await lock(query, `${SCHEMA}.notes ann`)
      writes = Array.from({ length: 5 }, (_, number) => write(number))
      isThere = false
    })
    for (const written of await Promise.allSettled(writes)) {
      t.match(written, { reason: { message: 'gone' } })
    }
    t.equal(await store.count('ann'), 0)
  })

  await noteStoreContract(t, {
    open: async () => openIn(await server!.newDatabase()),
    async reopen (store) {
      await store.close()
      return openIn(places.get(store)!)
    },
    second: (store) => openIn(places.get(store)!)
  })
})
