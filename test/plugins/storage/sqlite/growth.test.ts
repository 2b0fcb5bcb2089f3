// Notes and documents stop growing while there is still room for sign-ins, and go on when there is room again.
import { statSync, writeFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openSqliteDocuments } from '../../../../plugins/library/sqlite.ts'
import { NoteRefusal } from '../../../../plugins/notes/contract.ts'
import { createPersonalNotes } from '../../../../plugins/notes/personal-notes.ts'
import { MAX_CHARACTERS, maxCharacters } from '../../../../plugins/notes/size-limits.ts'
import { openSqliteNotes } from '../../../../plugins/notes/sqlite.ts'
import { StorageFull } from '../../../../plugins/storage/contract.ts'
import { openSqliteStorage } from '../../../../plugins/storage/sqlite/index.ts'
import { mountSmallDisk, noSmallDisk } from '../../../helpers/small-disk.ts'
import { folder } from '../../../helpers/tool-context.ts'

const MB = 1024 * 1024
const now = () => 1_800_000_000
/** Different in each note, so that the index grows as well. */
const longText = (seed: number) =>
  Array.from({ length: 4_000 }, (_, index) => `w${(seed * 4_000 + index).toString(36)}`).join(' ')

function personal (store: ReturnType<typeof openSqliteNotes>, user: string) {
  const changes: unknown[] = []
  const notes = createPersonalNotes(user, {
    store,
    checkHome: async () => {},
    changed: (change) => changes.push(change),
    now: () => 1,
    noteUrl: (id) => id
  })
  return { notes, changes }
}

async function fill (store: ReturnType<typeof openSqliteNotes>, perPerson = 20): Promise<number> {
  for (let n = 0; ; n++) {
    try {
      await personal(store, `mallory${Math.floor(n / perPerson)}`).notes.create({ text: longText(n) })
    } catch (error) {
      if (error instanceof NoteRefusal && error.code === 'full') return n
      throw error
    }
  }
}

async function refusesNote (t: Test, store: ReturnType<typeof openSqliteNotes>, message: RegExp): Promise<void> {
  const { notes, changes } = personal(store, 'ann')
  await t.rejects(notes.create({ text: longText(99_999) }), { name: 'ToolError', code: 'full', message })
  t.same(await store.list('ann', 5), [], 'nothing was written')
  t.same(changes, [], 'and nothing announced')
}

const disk = mountSmallDisk(t, 48)

t.test('notes that fill the disk leave room for sign-ins (SW-02)', { skip: disk ? false : noSmallDisk }, async (t) => {
  const data = join(disk!.folder, 'data')
  const warnings: string[] = []
  const storage = openSqliteStorage(data, now, { warn: (message) => warnings.push(message) })
  const store = openSqliteNotes(data, undefined, 64 * MB)
  const documents = openSqliteDocuments(data)
  t.teardown(async () => {
    await storage.close()
    await store.close()
    await documents.close()
  })
  const journal = storage.journal<number>('events')
  const numbers = Array.from({ length: 3_000 }, (_, n) => ({ topic: 'ann', entry: n }))
  await journal.append(numbers)

  t.ok((await fill(store)) > 20)
  await refusesNote(t, store, /no room for more notes.*Delete notes.*the person who runs this server/)
  const document = { id: 'a.md', title: 'a', type: 'text/plain', modified: 1, bytes: 1, text: longText(7).repeat(20) }
  await t.rejects(documents.put([document]), { message: /disk is nearly full.*Make room on the disk of DATA_DIR/ })
  t.ok(await documents.put([document]).catch((error: unknown) => error) instanceof StorageFull)

  await storage.check()
  const grants = storage.collection<object>('grant')
  for (let n = 0; n < 100; n++) await grants.put(`g${n}`, { text: 'x'.repeat(20_000) }, null)
  t.same(statSync(join(data, 'reserve')).size, 6 * MB, 'sign-ins went on, and the reserve is there')

  await journal.append(numbers.slice(0, 500))
  t.equal((await Array.fromAsync(journal.all())).length, 3_000, 'each new event replaces the oldest')
  t.same(warnings.length, 1)
  t.match(warnings[0], /nearly full.*sign-ins go on.*Make room/)

  t.ok((await store.removeAll('mallory0')) > 10, 'deleting works')
  await personal(store, 'bob').notes.create({ text: 'short' })
  t.equal((await store.list('bob', 5)).length, 1, 'and what was deleted makes room')
})

const other = mountSmallDisk(t, 32)

t.test('they go on when there is room again (SW-02)', { skip: other ? false : noSmallDisk }, async (t) => {
  const data = join(other!.folder, 'data')
  const store = openSqliteNotes(data)
  const big = join(other!.folder, 'big')
  t.teardown(() => store.close())
  writeFileSync(big, Buffer.alloc(22 * MB))
  await refusesNote(t, store, /no room for more notes/)
  rmSync(big)
  await personal(store, 'ann').notes.create({ text: longText(1) })
  t.equal((await store.list('ann', 5)).length, 1)
})

t.test('all notes together have a bound, and the share of each person shrinks before it is reached (SW-04)', async (t) => {
  t.same([0, 0.49, 0.5, 0.74, 0.75, 1].map(maxCharacters), [1, 1, 10, 10, 100, 100].map((part) => MAX_CHARACTERS / part))
  const place = await folder(t)
  const store = openSqliteNotes(place, undefined, 4 * MB)
  t.teardown(() => store.close())
  t.ok((await fill(store, 1)) > 10)
  t.ok(statSync(join(place, 'notes.db')).size <= 4 * MB)
  await refusesNote(t, store, /no room for more notes/)
  const [first] = await store.list('mallory0', 1)
  t.equal(await store.removeAll('mallory0'), 1)
  t.ok(first, 'deleting works at the bound')
  const { notes } = personal(store, 'mallory1')
  await t.rejects(notes.create({ text: longText(5).repeat(2) }), { code: 'full', message: /up to 50,000 characters.*short of room/ })
})
