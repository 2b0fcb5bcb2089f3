// Links in the folder: each file is found under one name, and never under one that hides what the rules say of it.
import { rename, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { fill, folder } from '../../helpers/tool-context.ts'
import { open } from './open.ts'

t.test('a link counts where what it leads to is hidden: Kubernetes mounts a ConfigMap so, git-sync a checkout', async (t) => {
  const docs = await folder(t)
  await fill(docs, {
    '..2026_1/handbook.md': 'walnut',
    '.worktrees/abc/guide/start.md': 'almond',
    '.worktrees/abc/.git/config.md': 'cashew',
    'plain.md': 'pecan'
  })
  await symlink('..2026_1', join(docs, '..data'))
  await symlink('..data/handbook.md', join(docs, 'handbook.md'))
  await symlink('.worktrees/abc', join(docs, 'current'))
  await symlink('../..', join(docs, '.worktrees/abc/circle'))
  await symlink('plain.md', join(docs, 'again.md'))
  const { library, ids } = await open(t, docs)
  await library.ready
  t.same(await ids('walnut'), ['handbook.md'])
  t.same(await ids('almond'), ['current/guide/start.md'])
  t.same(await ids('pecan'), ['plain.md'])
  t.equal(await library.count(), 3)
  // kubelet writes the new version beside the old one, then turns the link.
  await fill(docs, { '..2026_2/handbook.md': 'hazelnut' })
  await symlink('..2026_2', join(docs, '..data_tmp'))
  await rename(join(docs, '..data_tmp'), join(docs, '..data'))
  while ((await ids('hazelnut')).length === 0) await setTimeout(20)
  t.same(await ids('walnut'), [])
})

t.test('files of this server itself are no documents, under whatever name, also where one was before (AD-32)', async (t) => {
  const docs = await folder(t)
  await fill(docs, { 'mcp.json': '{"a": "walnut"}', 'notes/mcp.json': '{"b": "walnut"}', '.hidden/rules.json': '{"c": "walnut"}', 'data/secret-key': 'walnut' })
  await symlink('.hidden/rules.json', join(docs, 'rules.json'))
  await symlink('notes/mcp.json', join(docs, 'linked.json'))
  await symlink('mcp.json', join(docs, 'again.json'))
  await symlink('data/secret-key', join(docs, 'key.txt'))
  const before = await open(t, docs)
  await before.library.ready
  t.same((await before.ids('walnut')).sort(), ['mcp.json', 'notes/mcp.json', 'rules.json'])
  await before.app.close()
  const own = [join(docs, 'mcp.json'), join(docs, 'rules.json'), join(docs, 'not-there.json')]
  const { library, ids, warnings } = await open(t, docs, { own, dataDir: before.dataDir })
  await library.ready
  t.same(await ids('walnut'), ['notes/mcp.json'])
  t.match(warnings.join('\n'), /"mcp\.json" is not searchable: it is a file of this server itself/)
})

t.test('what the rules name is not served through a link that somebody puts beside it (LB-38)', async (t) => {
  const docs = await folder(t)
  await fill(docs, {
    '.mcpignore': 'private/\n',
    'private/a.md': 'walnut',
    'private/.deep/b.md': 'walnut',
    '.open/c.md': 'walnut'
  })
  for (const [target, link] of [
    ['private/a.md', 'a.md'],
    ['private', 'all'],
    ['private/.deep/b.md', 'b.md'],
    ['private/.deep', 'deep'],
    ['.open/c.md', 'c.md']
  ] as const) {
    await symlink(target, join(docs, link))
  }
  const { library, ids } = await open(t, docs)
  await library.ready
  t.same(await ids('walnut'), ['c.md'])
})

t.test('nor what they name below a hidden folder that a link leads to, or what the rules of that folder say (LB-39)', async (t) => {
  const docs = await folder(t)
  await fill(docs, {
    '.mcpignore': '/.checkout/docs/internal/\n',
    '.checkout/.gitignore': 'drafts/\n/docs/todo.md\n',
    '.checkout/docs/a.md': 'walnut',
    '.checkout/docs/todo.md': 'walnut',
    '.checkout/docs/internal/b.md': 'walnut',
    '.checkout/docs/deep/drafts/c.md': 'walnut',
    '.checkout/docs/deep/d.md': 'walnut'
  })
  await symlink('.checkout/docs', join(docs, 'current'))
  const { library, ids } = await open(t, docs)
  await library.ready
  t.same(await ids('walnut'), ['current/a.md', 'current/deep/d.md'])
  for (const name of ['todo.md', 'internal/b.md', 'deep/drafts/c.md', 'a.md']) {
    await fill(docs, { [`.checkout/docs/${name}`]: 'chestnut' })
  }
  while ((await ids('chestnut')).length === 0) await setTimeout(20)
  t.same(await ids('chestnut'), ['current/a.md'], 'nor when they change')
})
