// Notes in Postgres: the contract of every store.
import t from 'tap'
import { openPostgresNotes } from '../../../plugins/notes/postgres.ts'
import { connectPostgres } from '../../../plugins/postgres.ts'
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
  await noteStoreContract(t, {
    open: async () => openIn(await server!.newDatabase()),
    async reopen (store) {
      await store.close()
      return openIn(places.get(store)!)
    },
    second: (store) => openIn(places.get(store)!)
  })
})
