// A folder on a drive that is away for a moment, and a process without file handles: no document is lost by it.
import fs, { rm } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { mock } from 'node:test'
import t, { type Test } from 'tap'
import { syncFolder } from '../../../plugins/library/folder-sync.ts'
import { openIndexer } from '../../../plugins/library/indexer.ts'
import { fill, folder } from '../../helpers/tool-context.ts'

/** What a network drive that is away, or a process without file handles, says of a call. */
function failing (t: Test, calls: ReadonlyArray<'lstat' | 'open' | 'readdir' | 'realpath'>, of: (path: string) => boolean): void {
  for (const name of calls) {
    const call = fs[name] as (...args: unknown[]) => Promise<unknown>
    const mocked = mock.method(fs, name, async (...args: unknown[]) => {
      if (of(String(args[0]))) throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })
      return call(...args)
    })
    t.teardown(() => {
      mocked.mock.restore()
      syncBuiltinESMExports()
    })
  }
  syncBuiltinESMExports()
}

t.test('what cannot be read for a moment stays as it was (LB-31)', async (t) => {
  const store = new Map<string, string>()
  const docs = await folder(t)
  await fill(docs, { 'top.md': 'top', 'sub/deep/in.md': 'in', '.mcpignore': 'private.md', 'private.md': 'private' })
  const indexer = await openIndexer(docs, {
    store: {
      put: async (documents) => documents.forEach(({ id, text }) => store.set(id, text)),
      remove: async (ids) => ids.forEach((id) => store.delete(id)),
      settle: async () => {},
      list: async () => new Map()
    },
    convert: async ({ bytes }) => ({ title: undefined, text: Buffer.from(bytes).toString() }),
    askRules: async ({ rules }) => rules[0]!.paths.map((path) => path === 'private.md'),
    log: { info () {}, warn () {} },
    reading () {},
    signal: new AbortController().signal
  })
  await indexer.refresh([''])
  const before = { 'top.md': 'top', 'sub/deep/in.md': 'in' }
  t.strictSame(Object.fromEntries(store), before)
  for (const [calls, name] of [
    [['readdir'], ''],
    [['lstat'], ''],
    [['readdir'], 'sub'],
    [['lstat'], 'sub/deep'],
    [['open'], 'top.md'],
    [['open'], '.mcpignore'],
    [['lstat'], '.mcpignore']
  ] as const) {
    await t.test(`${calls.join()} of ${JSON.stringify(name)}`, async (t) => {
      failing(t, calls, (path) => path === join(docs, name))
      await indexer.refresh(new Set(['', 'top.md', 'sub', 'private.md']))
      t.strictSame(Object.fromEntries(store), before)
      t.match(indexer.leftOut(), [/EIO/].map((reason) => ({ reason })), 'and it is said')
    })
    await indexer.refresh([''])
    t.equal(indexer.leftOut().length, 0, 'until it can be read')
  }
  await rm(join(docs, 'sub'), { recursive: true })
  await indexer.refresh([''])
  t.strictSame(Object.fromEntries(store), { 'top.md': 'top' }, 'what is gone is gone')
})

t.test('where the folder itself cannot be looked for, what an index held stays until it can (LB-31)', async (t) => {
  const docs = await folder(t)
  await fill(docs, { 'a.md': 'new' })
  const store = new Map([['a.md', 'of before'], ['gone.md', 'of before']])
  const warnings: string[] = []
  failing(t, ['realpath'], (path) => path === docs && warnings.length === 0)
  const sync = syncFolder(docs, {
    store: {
      put: async (documents) => documents.forEach(({ id, text }) => store.set(id, text)),
      remove: async (ids) => {
        t.equal(warnings.length, 1, 'nothing before it was found')
        ids.forEach((id) => store.delete(id))
      },
      settle: async () => {},
      list: async () => new Map([...store.keys()].map((id) => [id, { modified: 1, bytes: 1 }]))
    },
    convert: async ({ bytes }) => ({ title: undefined, text: Buffer.from(bytes).toString() }),
    askRules: async () => [],
    log: { info () {}, warn: (line) => warnings.push(line) }
  })
  await sync.ready
  t.strictSame(Object.fromEntries(store), { 'a.md': 'new' })
  t.match(warnings, [/could not be indexed, and is tried again in 1 seconds: EIO/])
  t.ok(sync.isComplete())
  await sync.close()
})
