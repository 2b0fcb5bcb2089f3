// A fault of the disk inside the index of documents or notes: what they say is whole, and found again after a start.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { ALL_RIGHTS } from '../../../plugins/access-rules/contract.ts'
import { openSqliteDocuments } from '../../../plugins/library/sqlite.ts'
import { openSqliteNotes } from '../../../plugins/notes/sqlite.ts'
import type { SearchWorker } from '../../../plugins/search/worker.ts'
import { folder } from '../../helpers/tool-context.ts'

/** What the index itself finds, within pages that SQLite finds in order. */
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

/** @returns each page of a file, and the file with zeros in its place. The first tells SQLite what the file is. */
function * withoutPages (file: string): Generator<{ page: number; damaged: Buffer }> {
  const whole = readFileSync(file)
  for (let page = 1; page < whole.length / 4096; page++) {
    const damaged = Buffer.from(whole)
    yield { page, damaged: damaged.fill(0, page * 4096, (page + 1) * 4096) }
  }
}

t.test('whichever page of the documents the disk has lost, all is as new after a start (LB-33)', async (t) => {
  const place = await folder(t)
  const file = join(place, 'library.db')
  const documents = ['a.md', 'b.md', 'c.md'].map((id) => ({ id, title: id, text: `walnut ${id} `.repeat(300), type: 'text/markdown', modified: 1, bytes: 6 }))
  const open = () => openSqliteDocuments(place)
  const first = open()
  await first.put(documents)
  await first.close()
  const work = async () => {
    const store = open()
    const steps = [
      () => store.list(),
      () => store.find('b.md'),
      () => store.search('walnut', 3, ALL_RIGHTS.documents),
      () => store.remove(['b.md']),
      () => store.put(documents)
    ]
    const ends = []
    for (const step of steps) ends.push(await step().then(() => 'done', ({ message }: Error) => message))
    await store.close()
    return ends.filter((end) => end !== 'done')
  }
  let found = 0
  for (const { page, damaged } of withoutPages(file)) {
    writeFileSync(file, damaged)
    const faults = await work()
    if (faults.length > 0) found++
    for (const fault of faults) t.match(fault, refused.message, `page ${page}`)
    t.same(await work(), [], `page ${page} is as new`)
  }
  t.ok(found > 10, `${found} pages were missed`)
})

t.test('a damaged page that a worker finds counts as well (LB-33)', async (t) => {
  const place = await folder(t)
  const fail = () => Promise.reject(new Error('database disk image is malformed'))
  const first = openSqliteDocuments(place, { searchDocuments: fail } as unknown as SearchWorker)
  await first.put([{ id: 'a.md', title: 'a', text: 'walnut', type: 'text/markdown', modified: 1, bytes: 6 }])
  await t.rejects(first.search('walnut', 1, ALL_RIGHTS.documents), refused)
  await first.close()
  const second = openSqliteDocuments(place)
  t.equal(await second.count(), 0)
  await second.close()
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

t.test('notes whose own pages are damaged are left as they are, and the operator reads what to do (LB-33)', async (t) => {
  const place = await folder(t)
  const fail = () => Promise.reject(new Error('database disk image is malformed'))
  const first = openSqliteNotes(place, { searchNotes: fail } as unknown as SearchWorker)
  t.teardown(() => first.close())
  await first.update('ann', 'n1', () => ({ id: 'n1', title: 'n', text: 'walnut', version: 1, created: 1, modified: 1 }))
  await t.rejects(first.search('ann', 'walnut', 5), { name: 'StorageUnavailable', message: /notes\.db is damaged .* Restore a backup/ })
  const db = new DatabaseSync(join(place, 'notes.db'))
  t.teardown(() => db.close())
  t.equal(db.prepare('PRAGMA user_version').get()!['user_version'], 2)
})

t.test('another fault is passed on, and nothing is indexed again', async (t) => {
  const store = openSqliteNotes(await folder(t))
  await store.close()
  await t.rejects(store.removeAll('ann'), { message: /did not answer/ })
})
