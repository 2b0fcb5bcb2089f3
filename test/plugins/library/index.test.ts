// The library over the documents of a real project: what people ask is found, and no one waits while it is read.
import { copyFile, mkdir, readdir } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import fetchTool from '../../../tools/fetch.ts'
import searchTool from '../../../tools/search.ts'
import { quietContext } from '../../helpers/quiet-context.ts'
import { fill, folder } from '../../helpers/tool-context.ts'
import { open } from './open.ts'

t.test('DOCS_BASE_URL: citations lead to where the documents are published', async (t) => {
  const docs = await folder(t)
  await fill(docs, { 'guide/a b.md': 'walnut' })
  const { library } = await open(t, docs, { docsBaseUrl: 'https://docs.example.com/v2' })
  await library.ready
  t.equal((await library.search('walnut'))[0]?.url, 'https://docs.example.com/v2/guide/a%20b.md')
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
    await copyFile(join(modules, from), join(root, to))
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

t.test('ten questions over the documents of a real project (H57, H58)', async (t) => {
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
  for (const [question, answer] of QUESTIONS) {
    t.ok((await ids(question)).slice(0, 3).includes(answer), question)
  }
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
