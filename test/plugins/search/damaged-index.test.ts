// A fault of the disk inside the index of documents or notes: what they say is whole, and found again after a start.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { ALL_RIGHTS } from '../../../plugins/access-rules/contract.ts'
import { openSqliteDocuments } from '../../../plugins/library/sqlite.ts'
import { openSqliteNotes } from '../../../plugins/notes/sqlite.ts'
import { folder } from '../../helpers/tool-context.ts'

/** As a page that the disk returns as zeros. */
function damage (file: string): void {
  const db = new DatabaseSync(file, { defensive: false })
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE name LIKE '%\\_data' ESCAPE '\\'").all()
  for (const { name } of tables) db.exec(`UPDATE "${name as string}" SET block = zeroblob(length(block)) WHERE id > 10`)
  db.close()
}

const refused = { name: 'StorageUnavailable', message: /the search index is damaged.*Start the server again/ }

t.test('documents are indexed again at the next start (LB-32)', async (t) => {
  const place = await folder(t)
  const document = { id: 'a.md', title: 'a', text: 'walnut', type: 'text/markdown', modified: 1, bytes: 6 }
  const open = () => openSqliteDocuments(place)
  const first = open()
  await first.put([document])
  await first.close()
  damage(join(place, 'library.db'))
  const second = open()
  await t.rejects(second.search('walnut', 1, ALL_RIGHTS.documents), refused)
  await second.close()
  const third = open()
  t.equal((await third.list()).size, 0, 'the folder is read again')
  await third.put([document])
  t.equal((await third.search('walnut', 1, ALL_RIGHTS.documents)).length, 1)
  await third.close()
})

t.test('notes are indexed again at the next start, and none is lost (LB-32)', async (t) => {
  const place = await folder(t)
  const note = (id: string) => ({ id, title: id, text: 'walnut', version: 1, created: 1, modified: 1 })
  const first = openSqliteNotes(place)
  await first.update('ann', 'n1', () => note('n1'))
  await first.close()
  damage(join(place, 'notes.db'))
  const second = openSqliteNotes(place)
  await t.rejects(second.search('ann', 'walnut', 5), refused)
  t.match(await second.find('ann', 'n1'), { text: 'walnut' })
  await second.close()
  const third = openSqliteNotes(place)
  await third.update('ann', 'n2', () => note('n2'))
  t.same((await third.search('ann', 'walnut', 5)).map(({ id }) => id).sort(), ['n1', 'n2'])
  await third.close()
})

t.test('another fault is passed on, and nothing is indexed again', async (t) => {
  const store = openSqliteNotes(await folder(t))
  await store.close()
  await t.rejects(store.removeAll('ann'), { message: /did not answer/ })
})
