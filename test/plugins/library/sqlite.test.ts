// Documents in SQLite: the contract of every store, and an index that is old, damaged or shared.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { ALL_RIGHTS } from '../../../plugins/access-rules/contract.ts'
import { openSqliteDocuments } from '../../../plugins/library/sqlite.ts'
import { folder } from '../../helpers/tool-context.ts'
import { documentStoreContract } from './document-store-contract.ts'

t.test('documents in SQLite', async (t) => {
  const places = new WeakMap<object, string>()
  const openIn = (place: string) => {
    const store = openSqliteDocuments(place)
    places.set(store, place)
    return store
  }
  await documentStoreContract(t, {
    async open () {
      return openIn(await folder(t))
    },
    async reopen (store) {
      await store.close()
      return openIn(places.get(store)!)
    }
  })

  t.test('an index of another version, and a damaged file, are built anew', async (t) => {
    const place = await folder(t)
    const first = openSqliteDocuments(place)
    await first.put([{ id: 'a.md', title: 'a', text: 'walnut', type: 'text/markdown', modified: 1, bytes: 6 }])
    await first.close()
    const db = new DatabaseSync(join(place, 'library.db'))
    db.exec('PRAGMA user_version = 999999; ALTER TABLE documents RENAME COLUMN title TO caption')
    db.close()
    const second = openSqliteDocuments(place)
    t.equal(await second.count(), 0)
    await second.close()
    await writeFile(join(place, 'library.db'), 'this was a database once '.repeat(400))
    const third = openSqliteDocuments(place)
    t.equal(await third.count(), 0)
    await third.close()
  })

  t.test('two processes may share the index', async (t) => {
    const place = await folder(t)
    const [one, two] = [openSqliteDocuments(place), openSqliteDocuments(place)]
    t.teardown(() => Promise.all([one.close(), two.close()]))
    await one.put([{ id: 'a.md', title: 'a', text: 'walnut', type: 'text/markdown', modified: 1, bytes: 6 }])
    t.equal((await two.search('walnut', 1, ALL_RIGHTS.documents))[0]?.id, 'a.md')
  })
})
