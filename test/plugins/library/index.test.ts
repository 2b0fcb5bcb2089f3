// The library: the store's contract on SQLite, the folder it follows, what a file must be to get in, and how well real
// documents are found.
import { chmod, link, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import { openPostgresDocuments } from '../../../plugins/library/postgres.ts'
import { openSqliteDocuments } from '../../../plugins/library/sqlite.ts'
import { connectPostgres } from '../../../plugins/postgres.ts'
import fetchTool from '../../../tools/fetch.ts'
import searchTool from '../../../tools/search.ts'
import { noPostgres, startPostgres } from '../../helpers/postgres.ts'
import { quietContext } from '../../helpers/quiet-context.ts'
import { fill, folder, openHouse, type HouseOptions } from '../../helpers/tool-context.ts'
import { documentStoreContract } from './document-store-contract.ts'

/** A running library over a folder, with what it logged. */
async function open (t: Test, docsDir: string, options: HouseOptions = {}) {
  const warnings: string[] = []
  const log = (level: number, message: string) => {
    if (level >= 40) warnings.push(message)
  }
  const { app, dataDir } = await openHouse(t, docsDir, { log, ...options })
  const ids = async (query: string) => (await app.library.search(query)).map(({ id }) => id)
  return { app, library: app.library, dataDir, warnings, ids }
}

/** Waits for what a change on the disk must lead to; tap's own time limit is the end of patience. */
async function until (condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await setTimeout(20)
}

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
    t.equal((await two.search('walnut', 1))[0]?.id, 'a.md')
  })
})

const server = await startPostgres()
t.teardown(() => server?.stop())

t.test('documents in Postgres', { skip: server ? false : noPostgres }, async (t) => {
  const places = new WeakMap<object, string>()
  const openIn = async (url: string) => {
    const postgres = await connectPostgres(url, { warn () {} })
    let open = true
    const store = Object.assign(await openPostgresDocuments(postgres), {
      close: async () => {
        if (open) await postgres.close()
        open = false
      }
    })
    places.set(store, url)
    return store
  }
  await documentStoreContract(t, {
    open: async () => openIn(await server!.newDatabase()),
    async reopen (store) {
      await store.close()
      return openIn(places.get(store)!)
    }
  })

  t.test("instances that index the same folder at the same moment do not get in each other's way", async (t) => {
    const url = await server!.newDatabase()
    const stores = await Promise.all([openIn(url), openIn(url), openIn(url)])
    t.teardown(() => Promise.all(stores.map((store) => store.close())))
    const documents = Array.from({ length: 30 }, (_, index) => ({
      id: `${index}.md`,
      title: `t${index}`,
      text: 'walnut',
      type: 'text/markdown',
      modified: 1,
      bytes: 6
    }))
    await Promise.all(stores.map((store) => store.put(documents)))
    t.equal(await stores[0]!.count(), 30)
    t.equal((await stores[1]!.search('walnut', 50)).length, 30)
  })
})

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
    'empty.md': 'empty.md'
  })
  t.equal((await library.find('page.html'))?.text, 'Some bold link\n\n\nChapter')
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
    'latin1.txt': Buffer.from('caf\xe9', 'latin1'),
    'utf16.txt': Buffer.from('\ufeffhello', 'utf16le'),
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
  t.same(await ids('hippopotamus root'), [], 'TL-06: nothing hidden or outside is read')
  const reasons = [
    [/"binary.md".*binary/],
    [/"latin1.txt".*UTF-8/],
    [/"utf16.txt".*binary/],
    [/"large.txt".*5 MB/],
    [/"deep.html".*nested/],
    [/"link.md".*leads out/],
    [/"linked".*leads out/],
    [/"passwd.txt".*leads out/]
  ].flat()
  for (const reason of reasons) t.equal(warnings.filter((line) => reason.test(line)).length, 1, String(reason))
  t.equal(warnings.length, reasons.length, 'and nothing else is said')
})

t.test('files and folders without permission are left out', async (t) => {
  // Root may read everything, so as root the test becomes somebody else for a while.
  const root = process.getuid?.() === 0
  const nobody = 65534
  if (root) process.seteuid!(nobody)
  try {
    const docs = await folder(t)
    await fill(docs, { 'good.md': 'walnut', 'closed.md': 'walnut', 'shut/in.md': 'walnut' })
    await chmod(join(docs, 'closed.md'), 0)
    await chmod(join(docs, 'shut'), 0)
    const { app, library, warnings, ids } = await open(t, docs)
    await library.ready
    t.same(await ids('walnut'), ['good.md'])
    for (const reason of [/"closed.md".*EACCES/, /"shut".*EACCES/]) { t.equal(warnings.filter((line) => reason.test(line)).length, 1, String(reason)) }
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

t.test('DOCS_BASE_URL: citations lead to where the documents are published', async (t) => {
  const docs = await folder(t)
  await fill(docs, { 'guide/a b.md': 'walnut' })
  const { library } = await open(t, docs, { docsBaseUrl: 'https://docs.example.com/v2' })
  await library.ready
  t.equal((await library.search('walnut'))[0]?.url, 'https://docs.example.com/v2/guide/a%20b.md')
})

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
  t.equal((await library.find('changed.md'))?.title, 'changed.md')
  t.equal((await library.find('new.md'))?.title, 'new.md')
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

/**
 * Real files as this project's packages bring them: READMEs, other documents, licences, type declarations. Hard links,
 * so nothing is copied.
 */
async function collect (root: string): Promise<number> {
  const modules = join(import.meta.dirname, '../../../node_modules')
  const target = new Map<string, string>()
  for (const entry of await readdir(modules, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = relative(modules, join(entry.parentPath, entry.name))
    // The load generator of the bench speaks of clients and their requests as much as the library that one question
    // asks for.
    if (path.split('/').some((name) => name.startsWith('.')) || path.startsWith('autocannon/')) continue
    const place = dirname(path).replaceAll('node_modules/', '')
    if (/^readme(\.md|\.markdown)?$/i.test(entry.name)) target.set(`${place}.md`, path)
    else if (/\.(md|markdown|mdx|txt)$/i.test(entry.name)) target.set(join(place, entry.name), path)
    else if (/^(licen[sc]e|copying|notice|changelog|authors)[^.]*$/i.test(entry.name)) { target.set(join(place, `${entry.name}.txt`), path) } else if (entry.name === 'index.d.ts') target.set(join(place, 'index.d.txt'), path)
  }
  for (const [to, from] of target) {
    await mkdir(dirname(join(root, to)), { recursive: true })
    await link(join(modules, from), join(root, to))
  }
  return target.size
}

/** A question as a person asks it, and the file that answers it. */
const QUESTIONS: Array<[question: string, answer: string]> = [
  ['How do I shut down my process gracefully when it receives SIGTERM?', 'close-with-grace.md'],
  ['Which library watches files and directories for changes on every platform?', 'chokidar.md'],
  ['How do I convert HTML to plain text?', 'html-to-text.md'],
  ['verify and sign JSON Web Tokens', 'jose.md'],
  ['How do I hash a password with a prebuilt native argon2 binding?', '@node-rs/argon2.md'],
  ['How can I limit how many requests a client makes per minute?', '@fastify/rate-limit.md'],
  ['Redis client with Cluster, Sentinel and pipelining', 'ioredis.md'],
  ['How do I inject a fake HTTP request to test my server without opening a socket?', 'light-my-request.md'],
  ['How do I set and read signed cookies in Fastify?', '@fastify/cookie.md'],
  ['What is a fast HTTP router based on a radix tree?', 'find-my-way.md']
]

const percentile = (sorted: number[], part: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!.toFixed(1)

t.test('H57, H58: ten questions over the documents of a real project', async (t) => {
  const docs = join(await folder(t), 'docs')
  const files = await collect(docs)
  t.ok(files >= 2_000, `${files} files`)
  const started = performance.now()
  const { app, library, warnings, ids } = await open(t, docs)
  const stalls = monitorEventLoopDelay({ resolution: 5 })
  stalls.enable()
  const counts = new Set<number>()
  const read = library.ready.then(() => true)
  while (!(await Promise.race([read, setTimeout(1)]))) counts.add(await library.count())
  stalls.disable()
  t.comment(
    `indexed ${await library.count()} files in ${Math.round(performance.now() - started)} ms, ${warnings.length} left out; longest stall ${Math.round(stalls.max / 1e6)} ms`
  )
  t.ok(counts.size >= 3, 'questions were answered while the folder was read')
  t.equal((await library.count()) + warnings.length, files, `every file is indexed or named: ${warnings.join('; ')}`)

  // Among the first three: with every package that is added there is more to choose from.
  for (const [question, answer] of QUESTIONS) t.ok((await ids(question)).slice(0, 3).includes(answer), question)
  const times: number[] = []
  for (let round = 0; round < 10; round++) {
    for (const [question] of QUESTIONS) {
      const from = performance.now()
      await library.search(question)
      times.push(performance.now() - from)
    }
  }
  times.sort((a, b) => a - b)
  t.comment(`search p50 ${percentile(times, 0.5)} ms, p95 ${percentile(times, 0.95)} ms`)

  const context = {
    ...quietContext,
    user: null,
    library,
    notes: app.notes.of(null),
    signal: new AbortController().signal,
    runInWorker: async () => {
      throw new Error('a search needs no worker')
    },
    log: { info () {}, warn () {} }
  }
  const { results } = await searchTool.run({ query: QUESTIONS[0]![0] }, context)
  t.match(results[0], {
    id: 'close-with-grace.md',
    title: /\S/,
    url: 'https://mcp.example/documents/close-with-grace.md'
  })
  t.match(await fetchTool.run({ id: results[0]!.id }, context), { id: 'close-with-grace.md', text: /gracefully/ })
})
