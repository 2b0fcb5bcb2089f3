// Thousands of folders may go at once, such as when another branch is checked out: each costs what was in it.
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { createFolderWatcher } from '../../../plugins/library/folder-watcher.ts'
import { filesBelow } from '../../../plugins/library/folder-walk.ts'
import { folder } from '../../helpers/tool-context.ts'

/** Counts how often anything goes on to the next item of a map or a set. */
function countSteps (t: Test): () => number {
  let steps = 0
  for (const items of [new Map(), new Set()]) {
    const prototype = Object.getPrototypeOf(items[Symbol.iterator]()) as { next: () => unknown }
    const { next } = prototype
    prototype.next = function () {
      steps++
      return next.call(this)
    }
    t.teardown(() => { prototype.next = next })
  }
  return () => steps
}

t.test('many folders that are removed at once cost what each held, not what all do (LB-09)', async (t) => {
  const docs = await folder(t)
  const names = Array.from({ length: 400 }, (_, index) => `top/${index}`)
  const changed = new Set<string>()
  const watcher = createFolderWatcher(docs, { changed: (id) => changed.add(id), failed: ({ message }) => t.fail(message) })
  t.teardown(() => watcher.close())
  for (const name of names) await mkdir(join(docs, name), { recursive: true })
  for (const name of ['', 'top', ...names]) watcher.add(name)
  const steps = countSteps(t)
  await rm(join(docs, 'top'), { recursive: true })
  while (!changed.has('top')) await sleep(20)
  t.ok(steps() < 20 * names.length, `${steps()} steps`)

  await mkdir(join(docs, names[0]!), { recursive: true })
  for (const name of ['top', names[0]!]) watcher.add(name)
  changed.clear()
  await writeFile(join(docs, names[0]!, 'a.md'), 'walnut')
  while (!changed.has(`${names[0]!}/a.md`)) await sleep(20)
})

t.test('folders in each other that all change are read once each (LB-22)', async (t) => {
  const docs = await folder(t)
  const paths = Array.from({ length: 60 }, (_, depth) => Array(depth + 1).fill('d').join('/'))
  const deepest = paths.at(-1)!
  await mkdir(join(docs, deepest), { recursive: true })
  await writeFile(join(docs, deepest, 'a.md'), 'walnut')
  const read: string[] = []
  const walk = {
    reading: (id: string) => read.push(id),
    skip: (id: string) => t.fail(id),
    askRules: async () => [],
    signal: new AbortController().signal
  }
  const found = await Array.fromAsync(filesBelow(docs, paths.toReversed(), walk))
  t.same(found.map(({ id }) => id), [`${deepest}/a.md`])
  t.same(read.sort(), paths)
})
