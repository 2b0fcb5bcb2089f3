// Documents in Postgres: the contract of every store, and instances that index the same folder at once.
import t from 'tap'
import { ALL_RIGHTS } from '../../../plugins/access-rules/contract.ts'
import { INDEX_VERSION } from '../../../plugins/library/contract.ts'
import { openPostgresDocuments } from '../../../plugins/library/postgres.ts'
import { connectPostgres, SCHEMA } from '../../../plugins/postgres.ts'
import { noPostgres, startPostgres } from '../../helpers/postgres.ts'
import { documentStoreContract } from './document-store-contract.ts'

const server = await startPostgres()
t.teardown(() => server?.stop())

t.test('documents in Postgres', { skip: server ? false : noPostgres }, async (t) => {
  const places = new WeakMap<object, string>()
  const openIn = async (url: string) => {
    const postgres = await connectPostgres(url, { warn () {} })
    let open = true
    const store = Object.assign(await openPostgresDocuments(postgres), {
      close: async () => {
        if (open) await postgres.close()
        open = false
      }
    })
    places.set(store, url)
    return store
  }
  await documentStoreContract(t, {
    open: async () => openIn(await server!.newDatabase()),
    async reopen (store) {
      await store.close()
      return openIn(places.get(store)!)
    }
  })

  t.test('an index of an earlier version is dropped, and built anew', async (t) => {
    const url = await server!.newDatabase()
    const first = await openIn(url)
    await first.put([{ id: 'a.md', title: 'a', text: 'walnut', type: 'text/markdown', modified: 1, bytes: 6 }])
    await first.close()
    const postgres = await connectPostgres(url, { warn () {} })
    t.teardown(() => postgres.close())
    const [now, before] = [INDEX_VERSION, INDEX_VERSION - 1].map((version) => `library_${version}`)
    const ends = ['', '_audiences', '_spellings', '_words_0']
    for (const end of ends) {
      await postgres.query(`ALTER TABLE ${SCHEMA}.${now}${end} RENAME TO ${before}${end}`)
    }
    const second = await openIn(url)
    t.teardown(() => second.close())
    t.equal(await second.count(), 0)
    const tables = await postgres.query<{ name: string }>('SELECT tablename AS name FROM pg_tables WHERE schemaname = $1 ORDER BY 1', [SCHEMA])
    t.same(tables.map(({ name }) => name).filter((name) => name.startsWith('library')), ends.map((end) => now + end))
  })

  t.test('searches of one person leave connections to everybody else (OW-22)', async (t) => {
    const url = await server!.newDatabase()
    const [store, blocker] = [await openIn(url), await connectPostgres(url, { warn () {} })]
    t.teardown(() => Promise.all([store.close(), blocker.close()]))
    let searches: Array<Promise<unknown[]>> = []
    await blocker.transaction(async (query) => {
      // Whoever searches now waits.
      await query(`LOCK TABLE ${SCHEMA}.library_${INDEX_VERSION}_audiences`)
      searches = Array.from({ length: 30 }, () => store.search('walnut', 1, ALL_RIGHTS.documents, 'ann'))
      t.equal(await store.count(), 0)
    })
    t.same((await Promise.all(searches)).flat(), [])
  })

  t.test("instances that index the same folder at the same moment do not get in each other's way", async (t) => {
    const url = await server!.newDatabase()
    const stores = await Promise.all([openIn(url), openIn(url), openIn(url)])
    t.teardown(() => Promise.all(stores.map((store) => store.close())))
    const documents = Array.from({ length: 30 }, (_, index) => ({
      id: `${index}.md`,
      title: `t${index}`,
      text: 'walnut',
      type: 'text/markdown',
      modified: 1,
      bytes: 6
    }))
    await Promise.all(stores.map((store) => store.put(documents)))
    t.equal(await stores[0]!.count(), 30)
    t.equal((await stores[1]!.search('walnut', 50, ALL_RIGHTS.documents)).length, 30)
  })
})
