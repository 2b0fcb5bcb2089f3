// No document delays the server: what parses it runs in a worker, and what the server does with its text takes little time
// between two requests.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { SHAPES } from '../../helpers/largest-input.ts'
import { fill, folder, openHouse } from '../../helpers/tool-context.ts'

const MAX_BLOCK_MS = 100
const MAX_TRIES = 4
const ENDINGS = 'md txt html csv json ipynb yaml toml xml vtt srt ics vcf js css pdf docx xlsx pptx odt ods odp epub eml rtf'.split(' ')

/** Each has stopped a server that parsed documents itself, or takes the square of its length. */
const HOSTILE: Record<string, string> = {
  'keys.md': `---\n${'? '.repeat(500)}a\n---\n# Hello\n`,
  'braces.md': `---\n${'{'.repeat(16_000)}\n---\n# Hello\n`,
  'tables.md': `+++\n[${'a.'.repeat(8_000)}a]\n+++\n# Hello\n`,
  'spaces.html': `<pre>a${' '.repeat(300_000)}x</pre>`,
  'small.html': `<pre>a${' '.repeat(90_000)}x</pre>`,
  'links.html': '<a href="x.y">a '.repeat(20_000),
  'deep.html': '<div>'.repeat(50_000),
  'semicolons.ics': `BEGIN:VEVENT\nSUMMARY:a${';'.repeat(300_000)}x\nEND:VEVENT\n`,
  'voices.vtt': `00:00.000 --> 00:01.000\n${'<v.'.repeat(60_000)}`,
  'brackets.ipynb': `${'['.repeat(500_000)}`,
  'spaces.rtf': `{\\rtf1 a${' '.repeat(300_000)}x}`,
  'marks.txt': `e${'\u0301\u0316'.repeat(200_000)}`,
  'words.txt': 'スペースのない言葉'.repeat(30_000),
  'letters.txt': 'ไ\n'.repeat(200_000),
  'ligatures.txt': '\ufdfa'.repeat(200_000),
  'line.txt': 'a b '.repeat(1_200_000),
  'data.txt': 'data:'.repeat(100_000),
  'runs.txt': `${'A'.repeat(70)}\n`.repeat(20_000)
}

const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}

/** @returns the most processor time of this thread between two turns of the event loop. */
async function longestBlock (work: Promise<unknown>): Promise<number> {
  let longest = 0
  const done = work.then(() => true)
  for (let before = cpuMs(), isDone = false; !isDone;) {
    isDone = await Promise.race([done, sleep(1, false)])
    longest = Math.max(longest, cpuMs() - before)
    before = cpuMs()
  }
  return longest
}

t.test('documents of every ending in the shapes that parsers are slow at delay no request, and the ones after them are read (LB-04)', async (t) => {
  const docs = await folder(t)
  const shapes = ENDINGS.flatMap((ending, index) =>
    SHAPES.filter((_, place) => place % ENDINGS.length === index).map(({ name, fill }) => [`${name}.${ending}`, fill(50_000)]))
  await fill(docs, { ...Object.fromEntries(shapes), ...HOSTILE, 'zz.md': '---\ntitle: Walnuts\n---\nwalnut' })
  let block = Infinity
  for (let tries = 0; tries < MAX_TRIES && block > MAX_BLOCK_MS; tries++) {
    const { app } = await openHouse(t, docs)
    block = await longestBlock(app.library.ready)
    t.match(await app.library.find('zz.md'), { title: 'Walnuts' })
    t.match(await app.library.find('keys.md'), { title: 'Hello' })
    t.match(await app.library.find('spaces.html'), { text: /^a {300000}x$/ })
    t.match(app.library.leftOut().find(({ id }) => id === 'deep.html'), { kind: 'nested too deeply' })
    await app.close()
  }
  t.ok(block <= MAX_BLOCK_MS, `${Math.round(block)} ms`)
})

t.test('nothing that looks into a document is loaded by the server itself (LB-04)', async (t) => {
  const room = new URL('../../../plugins/library/', import.meta.url)
  const loaded = new Set<string>()
  const load = async (url: URL): Promise<void> => {
    if (loaded.has(url.href)) return
    loaded.add(url.href)
    const source = await readFile(fileURLToPath(url), 'utf8')
    const imports = [...source.matchAll(/(?:^(?:import|export) (?!type )[^'\n]*from |import\()'(\.[^']+)'/gm)]
    await Promise.all(imports.map(([, path]) => new URL(path!, url)).filter(({ href }) => href.startsWith(room.href)).map(load))
  }
  await load(new URL('index.ts', room))
  const files = [...loaded].map((href) => href.slice(room.href.length))
  t.ok(files.includes('extract.ts') && files.includes('convert.ts'))
  t.same(files.filter((file) => /formats|task|decode|front-matter|markdown-title|html|text-writer|without-data/.test(file)), [])
})
