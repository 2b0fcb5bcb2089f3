// What a file must be to become a document, and what becomes of it.
import { chmod, readdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { fill, folder } from '../../helpers/tool-context.ts'
import { groupsOf } from '../../../plugins/library/indexer.ts'
import { open } from './open.ts'

t.test('what a file becomes', async (t) => {
  const docs = await folder(t)
  await fill(docs, {
    'front.md': '---\nlayout: page\ntitle: "The front matter\'s title"\n---\n# Heading\nText',
    'heading.md':
      '\n![logo](logo.png)\n\n```sh\n# no heading\n```\n\n# [The *first* `heading`](https://example.com) #\n\n## Second\n',
    'setext.md': 'Underlined heading\n==================\n\nText\n',
    'badge.md': '<h1 align="center">\n</h1>\n<h1 align="center"><img src="x.png"> From a tag</h1>\n\n# Later\n',
    'no-heading.md': 'Just a sentence.\n---\n\n#hashtag\n',
    'bom.md': '\ufeff# With a mark\n',
    'plain.txt': '# not a heading in plain text',
    'page.html':
      '<!doctype html><html><head><title>Page &amp; title</title><style>.hidden{}</style></head><body><script>evil()</script><p>Some <b>bold</b> <a href="https://example.com/target">link</a></p><h2>Chapter</h2></body></html>',
    'heading.html': '<title>Site</title><h1>The <em>heading</em></h1><p>Text',
    'data.yaml': 'walnut: true\n',
    'empty.md': '',
    'picture.png': Buffer.from([0x89, 0x50, 0, 1])
  })
  const { library, warnings } = await open(t, docs)
  await library.ready
  const titles: Record<string, string> = {}
  for (const name of await readdir(docs)) {
    const document = await library.find(name)
    if (document) titles[name] = document.title
  }
  t.same(titles, {
    'front.md': "The front matter's title",
    'heading.md': 'The first heading',
    'setext.md': 'Underlined heading',
    'badge.md': 'From a tag',
    'no-heading.md': 'Just a sentence.',
    'bom.md': 'With a mark',
    'plain.txt': 'plain.txt',
    'page.html': 'Page & title',
    'heading.html': 'The heading',
    'data.yaml': 'data.yaml',
    'empty.md': 'empty'
  })
  t.equal((await library.find('page.html'))?.text, 'Some bold link (https://example.com/target)\n\nChapter')
  t.equal((await library.find('bom.md'))?.text, '# With a mark\n')
  t.match(await library.fetch('front.md'), {
    id: 'front.md',
    url: 'https://mcp.example/documents/front.md',
    metadata: { type: 'text/markdown', modified: /^\d{4}-.*Z$/ }
  })
  t.same(warnings, [])
})

t.test('a file that cannot serve is left out with one line that names it and says why', async (t) => {
  const docs = await folder(t)
  const outside = await folder(t)
  await fill(outside, { 'secret.md': 'hippopotamus', 'more/secret.md': 'hippopotamus' })
  await fill(docs, {
    'good.md': '# Walnut',
    'binary.md': Buffer.from('a\0b'),
    'control.txt': Buffer.from(Array.from({ length: 64 }, (_, index) => 1 + (index % 8))),
    BINARY: Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]),
    'movie.mp4': 'of no kind that is read',
    'large.txt': Buffer.alloc(5 * 1024 * 1024 + 1, 'a '),
    'deep.html': '<div>'.repeat(50_000),
    '.hidden.md': 'hippopotamus',
    '..sneaky.md': 'hippopotamus',
    '.git/notes.md': 'hippopotamus',
    'sub/node_modules/x/readme.md': 'hippopotamus'
  })
  await symlink(join(outside, 'secret.md'), join(docs, 'link.md'))
  await symlink(join(outside, 'more'), join(docs, 'linked'))
  await symlink('../'.repeat(20) + 'etc/passwd', join(docs, 'passwd.txt'))
  await symlink('good.md', join(docs, 'inside.md'))
  await symlink('.', join(docs, 'circle'))
  await symlink('nowhere', join(docs, 'dangling.md'))
  const { library, warnings, ids } = await open(t, docs)
  await library.ready
  t.equal(await library.count(), 1)
  t.same(await ids('walnut'), ['good.md'])
  t.same(await ids('hippopotamus root'), [], 'nothing hidden or outside is read (TL-06)')
  const reasons = [
    [/"binary.md".*binary/],
    [/"control.txt".*binary/],
    [/"BINARY".*binary/],
    [/"large.txt".*5 MB/],
    [/"deep.html".*nested/],
    [/"link.md".*leads out/],
    [/"linked".*leads out/],
    [/"passwd.txt".*leads out/]
  ].flat()
  for (const reason of reasons) {
    t.equal(warnings.filter((line) => reason.test(line)).length, 1, String(reason))
  }
  t.equal(warnings.length, reasons.length, 'and no other file has a line')
  t.same(
    library.leftOut().map(({ id }) => id).sort(),
    ['BINARY', 'binary.md', 'control.txt', 'deep.html', 'large.txt', 'link.md', 'linked', 'movie.mp4', 'passwd.txt']
  )
})

t.test('what a .gitignore or .mcpignore names is passed over, and comes when they change', async (t) => {
  const docs = await folder(t)
  await fill(docs, {
    '.gitignore': 'dist/\n*.log\n!keep.log\n',
    '.mcpignore': 'drafts\n!dist/\ndist/*.min.js\n',
    'sub/.gitignore': '/private.md\n',
    'dist/page.md': 'walnut',
    'dist/app.min.js': 'walnut',
    'a.log': 'walnut',
    'keep.log': 'walnut',
    'drafts/a.md': 'walnut',
    'deep/drafts/b.md': 'walnut',
    'sub/private.md': 'walnut',
    'sub/deep/private.md': 'walnut'
  })
  const { library, ids } = await open(t, docs)
  await library.ready
  t.same((await ids('walnut')).sort(), ['dist/page.md', 'keep.log', 'sub/deep/private.md'])
  t.same(library.leftOut(), [], 'and is not said to be missing')
  await fill(docs, { 'drafts/c.md': 'walnut', '.mcpignore': 'dist\nsub' })
  while ((await ids('walnut')).length !== 4) await setTimeout(20)
  t.same((await ids('walnut')).sort(), ['deep/drafts/b.md', 'drafts/a.md', 'drafts/c.md', 'keep.log'])
})

t.test('files and folders without permission are left out, and what is under rules without permission (LB-30)', async (t) => {
  // Root may read everything, so as root the test becomes somebody else for a while.
  const root = process.getuid?.() === 0
  const nobody = 65534
  if (root) process.seteuid!(nobody)
  try {
    const docs = await folder(t)
    await fill(docs, { 'good.md': 'walnut', 'closed.md': 'walnut', 'shut/in.md': 'walnut' })
    await chmod(join(docs, 'closed.md'), 0)
    await chmod(join(docs, 'shut'), 0)
    await fill(docs, { 'ruled/.mcpignore': 'private.md', 'ruled/private.md': 'walnut', 'ruled/public.md': 'walnut' })
    await chmod(join(docs, 'ruled/.mcpignore'), 0)
    const { app, library, warnings, ids } = await open(t, docs)
    await library.ready
    t.same(await ids('walnut'), ['good.md'])
    for (const reason of [/"closed.md".*EACCES/, /"shut".*EACCES/, /"ruled".*EACCES/]) { t.equal(warnings.filter((line) => reason.test(line)).length, 1, String(reason)) }
    await app.close()
    await chmod(join(docs, 'shut'), 0o700)
  } finally {
    if (root) process.seteuid!(0)
  }
})

t.test('odd names are only names', async (t) => {
  const docs = await folder(t)
  const names = [
    'line\nbreak.md',
    'a..b.md',
    'per%20cent.md',
    'question?hash#.md',
    'quote".md',
    'sub dir/ünïcode 日本.md',
    '<b>.md',
    'back\\slash.md',
    "'; DROP TABLE documents; --.md"
  ]
  await fill(docs, Object.fromEntries(names.map((name) => [name, `walnut in ${name}`])))
  const { library, ids } = await open(t, docs)
  await library.ready
  t.same((await ids('walnut')).sort(), [...names].sort())
  for (const id of names) {
    const found = await library.fetch(id)
    t.equal(found?.text, `walnut in ${id}`)
    const url = new URL(found!.url)
    t.equal(`${url.search}${url.hash}`, '', 'the URL has only a path')
    t.equal(decodeURIComponent(url.pathname), `/documents/${id}`, url.href)
  }
})

t.test('a look at many files that have not changed leaves turns to others (LB-23)', async (t) => {
  const files = Array.from({ length: 20_000 }, (_, index) =>
    ({ id: `${index}.md`, modified: 1, bytes: 1, isDocument: true, reported: false }))
  let turns = 0
  let isDone = false
  const count = () => {
    turns++
    if (!isDone) setImmediate(count)
  }
  setImmediate(count)
  const groups = await Array.fromAsync(groupsOf(files, ({ id }) => id.startsWith('7')))
  isDone = true
  t.equal(groups.flat().length, 1_111)
  t.ok(groups.every(({ length }) => length <= 50))
  t.ok(turns >= 3 && turns <= 30, `${turns} turns`)
})

t.test('files are read together up to fifty, and up to half a megabyte', async (t) => {
  const groups = async (...sizes: number[]) => {
    const files = sizes.map((bytes, index) =>
      ({ id: `${index}.md`, modified: 1, bytes, isDocument: true, reported: false }))
    const found = await Array.fromAsync(groupsOf(files, () => true))
    return found.map(({ length }) => length)
  }
  t.same(await groups(...Array(120).fill(1)), [50, 50, 20])
  t.same(await groups(250_000, 250_000, 1), [2, 1])
  t.same(await groups(900_000, 1, 1), [1, 2])
})
