// The index follows its folder: over changes, restarts, a folder that is missing, and a stop in the middle.
import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { fill, folder } from '../../helpers/tool-context.ts'
import { syncFolder } from '../../../plugins/library/folder-sync.ts'
import { open } from './open.ts'

/** Waits for what a change on the disk must lead to; tap's own time limit is the end of patience. */
async function until (condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await setTimeout(20)
}

t.test('a missing folder is no documents and a warning, and what an older index held is gone', async (t) => {
  const docs = await folder(t)
  await fill(docs, { 'a.md': 'walnut' })
  const before = await open(t, docs)
  await before.library.ready
  await before.app.close()
  await rm(docs, { recursive: true })
  const { library, warnings } = await open(t, docs, { dataDir: before.dataDir })
  await library.ready
  t.equal(await library.count(), 0)
  t.equal(warnings.length, 1)
  t.match(warnings[0], docs)
})

t.test('where there is no folder any more, its documents are removed a batch at a time (LB-23)', async (t) => {
  const ids = Array.from({ length: 120 }, (_, index) => `${index}.md`)
  const removed: string[][] = []
  const store = {
    list: async () => new Map(ids.map((id) => [id, { modified: 1, bytes: 1 }])),
    remove: async (ids: string[]) => { removed.push(ids) },
    put: async () => {},
    settle: async () => {}
  }
  const [convert, askRules] = [async () => ({ text: '', title: undefined }), async () => []]
  const log = { info () {}, warn () {} }
  const sync = syncFolder(undefined, { store, convert, askRules, log })
  await sync.ready
  await sync.close()
  t.same(removed.flat(), ids)
  t.ok(removed.every(({ length }) => length <= 50))
})

t.test('a node_modules above the folder does not hide it', async (t) => {
  const docs = join(await folder(t), 'node_modules/.cache/docs')
  await fill(docs, { 'a.md': 'walnut' })
  const { library } = await open(t, docs)
  await library.ready
  t.equal(await library.count(), 1)
})

t.test('changes are followed: files and folders that come, change, move and go', async (t) => {
  const docs = await folder(t)
  await fill(docs, { 'stays.md': 'walnut', 'goes.md': 'almond', 'tree/one.md': 'cashew', 'tree/deep/two.md': 'cashew' })
  const { library, ids, warnings } = await open(t, docs)
  await library.ready
  const becomes = async (query: string, expected: string[]) => {
    await until(async () => JSON.stringify((await ids(query)).sort()) === JSON.stringify(expected))
    t.pass(`${query}: ${expected.join(', ') || 'none'}`)
  }
  await fill(docs, { 'new.md': 'pecan', 'stays.md': 'hazelnut', 'later/sub/new.md': 'pecan' })
  await becomes('pecan', ['later/sub/new.md', 'new.md'])
  await becomes('hazelnut', ['stays.md'])
  t.same(await ids('walnut'), [])
  await rm(join(docs, 'goes.md'))
  await becomes('almond', [])
  await rename(join(docs, 'tree'), join(docs, 'moved'))
  await becomes('cashew', ['moved/deep/two.md', 'moved/one.md'])
  await rm(join(docs, 'moved'), { recursive: true })
  await becomes('cashew', [])
  await writeFile(join(docs, 'new.md'), Buffer.from('pecan\0'))
  await becomes('pecan', ['later/sub/new.md'])
  t.match(warnings, [/"new.md".*binary/])
  await fill(docs, Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`swarm/${index}.md`, 'macadamia'])))
  await until(async () => (await library.count()) === 122)
  t.pass('a swarm of 120 files')
})

t.test('a restart reads only what has changed meanwhile', async (t) => {
  const docs = await folder(t)
  await fill(docs, { 'same.md': 'walnut', 'changed.md': 'almond', 'gone.md': 'cashew' })
  const before = await open(t, docs)
  await before.library.ready
  await before.app.close()
  // Marks in the index show which documents were written again.
  const db = new DatabaseSync(join(before.dataDir, 'library.db'))
  db.exec("UPDATE documents SET title = 'from before'")
  db.close()
  await fill(docs, { 'changed.md': 'almond and pecan', 'new.md': 'pistachio' })
  await rm(join(docs, 'gone.md'))
  const { library } = await open(t, docs, { dataDir: before.dataDir })
  await library.ready
  t.equal((await library.find('same.md'))?.title, 'from before')
  t.equal((await library.find('changed.md'))?.title, 'changed')
  t.equal((await library.find('new.md'))?.title, 'new')
  t.equal(await library.find('gone.md'), undefined)
})

t.test('closing while the folder is read is clean', async (t) => {
  const docs = await folder(t)
  await fill(
    docs,
    Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`${index}.md`, 'walnut '.repeat(200)]))
  )
  const { app, library, warnings } = await open(t, docs)
  await app.close()
  await t.resolves(library.ready)
  t.same(warnings, [])
})
