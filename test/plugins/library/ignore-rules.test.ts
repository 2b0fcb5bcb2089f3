// The rules in a folder are what somebody wrote into it, as its documents are: no rule, file or depth of folders holds up
// the server, and what cannot be decided is not read.
import { execFileSync } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mock } from 'node:test'
import fastify from 'fastify'
import ignore from 'ignore'
import t from 'tap'
import { createAskRules } from '../../../plugins/library/ask-rules.ts'
import { filesBelow } from '../../../plugins/library/folder-walk.ts'
import { createIgnoreRules, type AskRules } from '../../../plugins/library/ignore-rules.ts'
import decide from '../../../plugins/library/ignore-task.ts'
import workers, { WorkerDied, type Workers } from '../../../plugins/workers.ts'
import { fill, folder } from '../../helpers/tool-context.ts'
import { open } from './open.ts'

/** Each folder below is another way to lay out `**`: the last name decides that none fits. */
const SLOW = `a/${'**/'.repeat(12)}z\n`
const LONG = 'b/'.repeat(40)

t.test('a rule that takes longer than anybody waits delays nothing, and what it might ignore is left out (LB-06)', async (t) => {
  const docs = await folder(t)
  await fill(docs, { '.gitignore': SLOW, [`a/${LONG}x.md`]: 'walnut', 'c/y.md': 'walnut', 'z.md': 'walnut' })
  const app = fastify()
  t.teardown(() => app.close())
  await app.register(workers)
  await app.ready()
  const { signal } = new AbortController()
  const skipped: string[][] = []
  const ask = createAskRules(app.workers, signal)
  // No longer than it takes to see that they are slow.
  const askBriefly = createAskRules(app.workers, signal, 1_000)
  const isSlow = ({ rules }: Parameters<AskRules>[0]) => rules[0]!.paths[0]!.startsWith('a/b')
  const found = await Array.fromAsync(filesBelow(docs, [''], {
    reading () {},
    skip: (...[id, reason, kind]) => skipped.push([id, reason, kind]),
    askRules: (question) => isSlow(question) ? askBriefly(question) : ask(question),
    signal
  }))
  t.same(found.filter(({ isDocument }) => isDocument).map(({ id }) => id), ['c/y.md', 'z.md'])
  t.match(skipped, [[/^a\/b/, /too long/, 'ignore rules']])
})

t.test('rules that took too long three times are not asked again; a fault of our own is not hidden', async (t) => {
  let asked = 0
  const dying = { run: async () => { asked++; throw new WorkerDied() } } as unknown as Pick<Workers, 'run'>
  const ask = createAskRules(dying, new AbortController().signal)
  for (const text of ['a', 'a', 'a', 'a', 'b']) {
    await t.rejects(ask({ rules: [{ text, paths: ['x'] }] }), { name: 'SkippedFile', kind: 'ignore rules' })
  }
  t.equal(asked, 4)
  const broken = { run: async () => { throw new TypeError('a fault') } } as unknown as Pick<Workers, 'run'>
  await t.rejects(createAskRules(broken, new AbortController().signal)({ rules: [] }), { message: 'a fault' })
})

t.test('which rules took too long is remembered of a thousand at most', async (t) => {
  let asked = 0
  const dying = { run: async () => { asked++; throw new WorkerDied() } }
  const askRules = createAskRules(dying, new AbortController().signal)
  const ask = (text: string) => askRules({ rules: [{ text, paths: ['x'] }] }).catch(() => {})
  for (let time = 0; time < 4; time++) await ask('slow')
  for (let other = 1; other < 1_000; other++) await ask(`${other}`)
  await ask('slow')
  t.equal(asked, 3 + 999)
  await ask('one more')
  asked = 0
  await ask('slow')
  t.equal(asked, 1)
})

t.test('rules are read once for all folders, and other paths than those below them are not ignored', async (t) => {
  const reading = mock.method(ignore().constructor.prototype, 'add')
  t.teardown(() => reading.mock.restore())
  for (const name of ['x', 'y']) {
    t.same(decide({ rules: [{ text: 'y', paths: [name] }] }), [name === 'y'])
  }
  t.same(decide({ rules: [{ text: 'y', paths: ['../x', '/x'] }] }), [false, false])
  t.equal(reading.mock.callCount(), 1)
})

t.test('rules are read from files inside the folder alone, and no more than a list has (LB-06)', async (t) => {
  const docs = await folder(t)
  const outside = await folder(t)
  await fill(outside, { rules: '*.md\n' })
  await fill(
    docs,
    { 'pipe/a.md': 'walnut', 'out/b.md': 'walnut', 'endless/c.md': 'walnut', 'long/d.md': 'walnut', 'long/e.md': 'walnut' }
  )
  execFileSync('mkfifo', [join(docs, 'pipe/.gitignore')])
  await symlink(join(outside, 'rules'), join(docs, 'out/.gitignore'))
  await symlink('/dev/zero', join(docs, 'endless/.mcpignore'))
  await writeFile(join(docs, 'long/.gitignore'), `d.md\n${'#\n'.repeat(60_000)}e.md\n`)
  const { library, ids } = await open(t, docs)
  await library.ready
  t.same((await ids('walnut')).sort(), ['endless/c.md', 'long/e.md', 'out/b.md', 'pipe/a.md'])
})

const inUtf16 = (text: string, mark: boolean) => Buffer.from(`${mark ? '\ufeff' : ''}${text}`, 'utf16le')

t.test('rules are read in whatever encoding an editor has written them, and what is no text ignores all (LB-35)', async (t) => {
  const text = 'geheim-ü/\r\nother\r\n'
  for (const [name, bytes] of Object.entries({
    'UTF-8': Buffer.from(text),
    'UTF-8 with a mark': Buffer.from(`\ufeff${text}`),
    'UTF-16': inUtf16(text, true),
    'UTF-16, high byte first': inUtf16(text, true).swap16(),
    'windows-1252': Buffer.from(text, 'latin1'),
    'longer than is read, cut in a character': Buffer.from(`${text}${'ü'.repeat(200_000)}`)
  })) {
    for (const file of ['.gitignore', '.mcpignore']) {
      const docs = await folder(t)
      await writeFile(join(docs, file), bytes)
      const { isIgnored } = createIgnoreRules(docs, async (question) => decide(question))
      t.equal(await isIgnored('geheim-ü/a.md', false), true, `${file}: ${name}`)
      t.equal(await isIgnored('ü', false), false, `${file}: ${name}`)
    }
  }
  const docs = await folder(t)
  await writeFile(join(docs, '.mcpignore'), inUtf16('secret/\n', false))
  const { isIgnored } = createIgnoreRules(docs, async (question) => decide(question))
  await t.rejects(isIgnored('a.md', false), { name: 'SkippedFile', message: 'its .mcpignore is not text' })
})

t.test('nothing in an ignored folder comes back by rules of its own, however it is asked for (LB-06)', async (t) => {
  const docs = await folder(t)
  await fill(docs, { '.gitignore': 'out/\n', 'out/.gitignore': '!*\n', 'out/deep/.mcpignore': '!a.md\n', 'in/.gitignore': '*\n!a.md\n' })
  const { isIgnored, isNamed } = createIgnoreRules(docs, async (question) => decide(question))
  for (const [path, isDirectory, expected] of [
    ['out', true, true], ['out/a.md', false, true], ['out/deep', true, true], ['out/deep/a.md', false, true],
    ['in', true, false], ['in/a.md', false, false], ['in/b.md', false, true]
  ] as const) t.same([await isNamed(path, isDirectory), await isIgnored(path, isDirectory)], [expected, expected], path)
})

t.test('a path is ignored with the folder that it is in, and for its own name (LB-06)', async (t) => {
  const docs = await folder(t)
  await fill(docs, { '.gitignore': 'out/\n*.log\n' })
  const { isIgnored } = createIgnoreRules(docs, async (question) => decide(question))
  for (const [path, isDirectory, expected] of [
    ['', true, false],
    ['', false, false],
    ['out', true, true],
    ['out', false, false],
    ['out/a', true, true],
    ['out/a/b.md', false, true],
    ['in', true, false],
    ['in/b.md', false, false],
    ['in/b.log', false, true],
    ['in/.git/b.md', false, true]
  ] as const) t.equal(await isIgnored(path, isDirectory), expected, path)
})

t.test('of a folder with many names a thousand are asked about at once', async (t) => {
  const docs = await folder(t)
  await fill(docs, { '.gitignore': '*.log\n' })
  const asked: number[] = []
  const rules = createIgnoreRules(docs, async (question) => {
    asked.push(question.rules[0]!.paths.length)
    return decide(question)
  })
  const entries = Array.from({ length: 1_500 }, (_, number) => ({
    name: `${number}${number % 2 === 0 ? '.log' : '.md'}`,
    isDirectory: () => false
  }))
  t.equal((await rules.kept('', entries as never)).length, 750)
  t.same(asked, [1_000, 500])
})

t.test('a file below hundreds of folders costs each of them once (LB-06)', async (t) => {
  const docs = await folder(t)
  const depth = 300
  const deep = Array(depth).fill('d').join('/')
  await mkdir(join(docs, deep), { recursive: true })
  await writeFile(join(docs, deep, 'x.md'), 'walnut')
  await writeFile(join(docs, '.gitignore'), 'other\n')
  let asked = 0
  const askRules: AskRules = async (question) => {
    asked += question.rules.length
    return decide(question)
  }
  const walk = { reading () {}, skip: () => t.fail('it is skipped'), askRules, signal: new AbortController().signal }
  const found = await Array.fromAsync(filesBelow(docs, [''], walk))
  t.match(found, [{ id: `${deep}/x.md` }])
  t.equal(asked, depth + 1)
})

t.test('rules that are too long together hide what is below them (LB-06)', async (t) => {
  const docs = await folder(t)
  const rules = (name: string) => `${name}\n${'#\n'.repeat(49_000)}`
  const folders = Array.from({ length: 6 }, (_, depth) => 'a/'.repeat(depth + 1))
  await fill(docs, Object.fromEntries(folders.map((path) => [`${path}.gitignore`, rules('x.md')])))
  const { isIgnored } = createIgnoreRules(docs, async (question) => decide(question))
  t.equal(await isIgnored(`${folders[4]}b.md`, false), false)
  t.equal(await isIgnored(`${folders[4]}x.md`, false), true)
  await t.rejects(isIgnored(`${folders[5]}b.md`, false), {
    name: 'SkippedFile',
    message: /\.gitignore and those above are too long/
  })
})
