// Notes in SQLite: the contract of every store.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
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

t.test('notes of an earlier version of the index are all found again, a few in memory at a time', async (t) => {
  const place = await folder(t)
  const store = openSqliteNotes(place)
  const about = { title: 'Otters', version: 1, created: 0, modified: 0 }
  for (let n = 0; n < 60; n++) await store.update('ann', `id${n}`, () => ({ ...about, id: `id${n}`, text: `number${n}` }))
  await store.close()
  const db = new DatabaseSync(join(place, 'notes.db'))
  db.exec("PRAGMA user_version = 1; UPDATE notes SET language = 'xx'")
  db.close()
  const again = openSqliteNotes(place)
  t.teardown(() => again.close())
  for (const n of [0, 24, 25, 59]) t.match(await again.search('ann', `number${n}`, 5), [{ id: `id${n}` }])
  const now = new DatabaseSync(join(place, 'notes.db'), { readOnly: true })
  t.teardown(() => now.close())
  const languages = now.prepare('SELECT DISTINCT language FROM notes').all()
  t.same(languages.map(({ language }) => language), ['en'])
})

t.test('the worker searches where there is one, for a person who has notes', async (t) => {
  const asked: unknown[] = []
  const worker = { searchNotes: async (...query: unknown[]) => { asked.push(query); return [] } }
  const store = openSqliteNotes(await folder(t), worker as never)
  t.teardown(() => store.close())
  const note = { id: 'a', title: 'a', text: 'walnut', version: 1, created: 0, modified: 0 }
  await store.update('ann', 'a', () => note)
  await store.search('bob', 'walnut', 5)
  t.same(await store.search('ann', 'walnut', 5, 'app'), [])
  t.same(asked, [['walnut', 5, 'ann', 'app']])
})
