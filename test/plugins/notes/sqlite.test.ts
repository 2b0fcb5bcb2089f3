// Notes in SQLite: the contract of every store.
import t from 'tap'
import { openSqliteNotes } from '../../../plugins/notes/sqlite.ts'
import { folder } from '../../helpers/tool-context.ts'
import { noteStoreContract } from './note-store-contract.ts'

t.test('notes in SQLite', async (t) => {
  const places = new WeakMap<object, string>()
  const openIn = (place: string) => {
    const store = openSqliteNotes(place)
    places.set(store, place)
    return store
  }
  await noteStoreContract(t, {
    open: async () => openIn(await folder(t)),
    async reopen (store) {
      await store.close()
      return openIn(places.get(store)!)
    },
    second: async (store) => openIn(places.get(store)!)
  })
})
