// The folder is followed through whatever happens to the store or to the folder itself, and a change costs what
// changed, not what lies beside it.
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { ALL_RIGHTS } from '../../../plugins/access-rules/contract.ts'
import type { DocumentStore } from '../../../plugins/library/contract.ts'
import { convert } from '../../../plugins/library/convert-task.ts'
import decide from '../../../plugins/library/ignore-task.ts'
import type { AskRules } from '../../../plugins/library/ignore-rules.ts'
import { openSqliteDocuments } from '../../../plugins/library/sqlite.ts'
import { syncFolder } from '../../../plugins/library/folder-sync.ts'
import { fill, folder } from '../../helpers/tool-context.ts'

/** A real store whose disk or database can be taken away. */
function breakable (store: DocumentStore) {
  let isAway = false
  const away =
    (name: 'put' | 'remove' | 'list') =>
      async (...given: never[]) => {
        if (isAway) throw new Error('the store is away')
        return (store[name] as (...given: never[]) => Promise<never>)(...given)
      }
  const broken: DocumentStore = Object.assign(Object.create(store) as DocumentStore, {
    put: away('put'),
    remove: away('remove'),
    list: away('list')
  })
  return {
    store: broken,
    setAway: (away: boolean) => {
      isAway = away
    }
  }
}

const askRules: AskRules = async (question) => decide(question)

interface Options {
  isAway?: boolean
  rescanMs?: number
}

async function open (t: Test, docsDir: string, { isAway = false, rescanMs }: Options = {}) {
  const inner = openSqliteDocuments(await folder(t))
  const { store, setAway } = breakable(inner)
  setAway(isAway)
  const warnings: string[] = []
  const log = {
    info () {},
    warn: (message: string) => {
      warnings.push(message)
    }
  }
  const watch = syncFolder(docsDir, { store, log, convert, askRules }, { ...(rescanMs !== undefined && { rescanMs }) })
  t.teardown(async () => {
    await watch.close()
    await inner.close()
  })
  const ids = async () => [...(await inner.list()).keys()].sort()
  return { watch, inner, ids, warnings, setAway }
}

/** Waits for what a change on the disk must lead to; the time limit of the test is the limit. */
async function until (condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(20)
}
const isSame = (a: string[], b: string[]) => JSON.stringify(a) === JSON.stringify(b)

t.test('a store that is away during the first look is waited for, and the folder is followed afterwards', async (t) => {
  const docs = await folder(t)
  await fill(docs, { 'a.md': 'walnut', 'in/b.md': 'cherry' })
  const { watch, ids, warnings, setAway } = await open(t, docs, { isAway: true })
  await until(async () => warnings.length > 0)
  t.match(warnings[0], /could not be indexed, and is tried again in 1 seconds: the store is away/)
  t.notOk(watch.isComplete())
  setAway(false)
  await watch.ready
  t.ok(watch.isComplete())
  t.strictSame(await ids(), ['a.md', 'in/b.md'])
  await fill(docs, { 'in/c.md': 'plum' })
  await until(async () => isSame(await ids(), ['a.md', 'in/b.md', 'in/c.md']))
})

t.test('what comes, changes and goes while the store is away is right when it is back', async (t) => {
  const docs = await folder(t)
  await fill(docs, { 'changed.md': 'before', 'secret.md': 'withdrawn', 'stays.md': 'plum' })
  const { watch, inner, ids, warnings, setAway } = await open(t, docs)
  await watch.ready
  setAway(true)
  await fill(docs, { 'changed.md': 'after!', 'new.md': 'cherry' })
  await rm(join(docs, 'secret.md'))
  await until(async () => warnings.length > 0)
  t.notOk(watch.isComplete(), 'the figure of the metrics says that something is missing')
  setAway(false)
  await until(async () => watch.isComplete())
  t.strictSame(await ids(), ['changed.md', 'new.md', 'stays.md'])
  t.equal((await inner.find('changed.md'))?.text, 'after!')
})

t.test('a folder that is missing, moved away and put back is found again', async (t) => {
  const place = await folder(t)
  const docs = join(place, 'docs')
  const { watch, ids, warnings } = await open(t, docs)
  await watch.ready
  t.match(warnings, [/no documents to search: there is no folder .*\/docs\. Create it, or set DOCS_DIR/])
  await fill(docs, { 'a.md': 'walnut', 'in/b.md': 'cherry' })
  await until(async () => isSame(await ids(), ['a.md', 'in/b.md']))
  await rename(docs, join(place, 'elsewhere'))
  await until(async () => isSame(await ids(), []))
  await rename(join(place, 'elsewhere'), docs)
  await until(async () => isSame(await ids(), ['a.md', 'in/b.md']))
  await fill(docs, { 'in/c.md': 'plum' })
  await until(async () => isSame(await ids(), ['a.md', 'in/b.md', 'in/c.md']))
})

t.test('a file in the place of the folder is no document, is named once, and a folder in its place is followed', async (t) => {
  const place = await folder(t)
  const docs = join(place, 'docs')
  await fill(place, { docs: 'walnut' })
  const { watch, ids, warnings } = await open(t, docs)
  await watch.ready
  t.match(warnings, [/no documents to search: .*\/docs is a file\. Set DOCS_DIR/])
  t.strictSame(await ids(), [])
  await rm(docs)
  await fill(docs, { 'a.md': 'walnut' })
  await until(async () => isSame(await ids(), ['a.md']))
  await fill(docs, { 'b.md': 'cherry' })
  await until(async () => isSame(await ids(), ['a.md', 'b.md']))
  t.equal(warnings.length, 1)
})

t.test('a link in the place of the folder is followed when it is turned, and so is what changes behind it then', async (t) => {
  const place = await folder(t)
  const docs = join(place, 'current')
  await fill(place, { 'one/a.md': 'walnut', 'one/in/same.md': 'old', 'two/b.md': 'cherry', 'two/in/same.md': 'new, and longer' })
  await symlink('one', docs)
  const { watch, inner, ids } = await open(t, docs)
  await watch.ready
  t.strictSame(await ids(), ['a.md', 'in/same.md'])
  // As git-sync and Capistrano do: another link is made, and renamed over it.
  await symlink('two', join(place, 'next'))
  await rename(join(place, 'next'), docs)
  await until(async () => isSame(await ids(), ['b.md', 'in/same.md']))
  t.equal((await inner.find('in/same.md'))?.text, 'new, and longer')
  await fill(place, { 'one/late.md': 'fig', 'two/in/c.md': 'plum' })
  await until(async () => isSame(await ids(), ['b.md', 'in/c.md', 'in/same.md']))
})

t.test('a directory in the place of another is followed as the other was', async (t) => {
  const docs = await folder(t)
  await fill(docs, { 'in/a.md': 'walnut' })
  const { watch, ids } = await open(t, docs)
  await watch.ready
  await rename(join(docs, 'in'), join(docs, 'out'))
  await fill(docs, { 'in/b.md': 'cherry' })
  await until(async () => isSame(await ids(), ['in/b.md', 'out/a.md']))
  await fill(docs, { 'in/c.md': 'plum', 'out/d.md': 'fig' })
  await until(async () => isSame(await ids(), ['in/b.md', 'in/c.md', 'out/a.md', 'out/d.md']))
  await rm(join(docs, 'in'), { recursive: true })
  await until(async () => isSame(await ids(), ['out/a.md', 'out/d.md']))
})

t.test('what the system reports to nobody is found by the next look: a link that leads somewhere else', async (t) => {
  const place = await folder(t)
  await fill(place, { 'release-1/a.md': 'walnut', 'release-2/b.md': 'cherry' })
  await symlink(join(place, 'release-1'), join(place, 'current'))
  const { watch, ids } = await open(t, join(place, 'current'), { rescanMs: 50 })
  await watch.ready
  t.strictSame(await ids(), ['a.md'])
  await symlink(join(place, 'release-2'), join(place, 'next'))
  await rename(join(place, 'next'), join(place, 'current'))
  await until(async () => isSame(await ids(), ['b.md']))
})

t.test('thousands of files in one folder, all replaced, are read once each', async (t) => {
  const docs = await folder(t)
  const names = Array.from({ length: 2_000 }, (_, index) => `${index}.md`)
  await fill(docs, Object.fromEntries(names.map((name) => [name, `old ${name}`])))
  const { watch, inner } = await open(t, docs)
  await watch.ready
  let written = 0
  const { put } = inner
  inner.put = async (documents) => {
    written += documents.length
    await put(documents)
  }
  await mkdir(join(docs, '.new'))
  // As git, rsync and editors do it: a new file takes the place of the old one.
  for (const name of names) {
    await writeFile(join(docs, '.new', name), `new ${name}`)
    await rename(join(docs, '.new', name), join(docs, name))
  }
  const isNew = async (name: string) => (await inner.find(name))?.text === `new ${name}`
  await until(async () => written >= names.length && (await Promise.all(names.map(isNew))).every(Boolean))
  t.ok(written <= 2 * names.length, `${written} documents written for ${names.length} changes`)
})

t.test("two processes that index one folder into one file do not get in each other's way", async (t) => {
  const [docs, place] = [await folder(t), await folder(t)]
  const long = 'The walnut falls far from the tree. '.repeat(20_000)
  await fill(docs, { 'a.md': long, 'b.md': long, 'c.md': 'plum' })
  const stores = [openSqliteDocuments(place), openSqliteDocuments(place)]
  const warnings: string[] = []
  const log = {
    info () {},
    warn: (message: string) => {
      warnings.push(message)
    }
  }
  const watches = stores.map((store) =>
    syncFolder(docs, {
      store,
      log,
      convert,
      askRules
    })
  )
  await Promise.all(watches.map(({ ready }) => ready))
  t.strictSame(warnings, [])
  t.equal((await stores[0]!.find('a.md'))?.text.length, long.length)
  t.strictSame((await stores[1]!.search('walnut', 5, ALL_RIGHTS.documents)).map(({ id }) => id).sort(), ['a.md', 'b.md'])
  for (const [index, watch] of watches.entries()) {
    await watch.close()
    await stores[index]!.close()
  }
})
