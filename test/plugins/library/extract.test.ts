// What becomes of files that are more than text: real PDFs as Chromium prints them, broken and hostile ones, source code
// and data.
import { appendFile, open, realpath, writeFile, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import t from 'tap'
import { readDocument, timeOf } from '../../../plugins/library/extract.ts'
import { launchChromium } from '../../helpers/chromium.ts'
import { fill, folder, openHouse } from '../../helpers/tool-context.ts'
import { page, pdf } from './formats/pdf-file.ts'

t.test('PDFs: text by page, the title people gave it, and one line for each that cannot serve', async (t) => {
  const docs = await folder(t)
  const good = pdf([page('The walnut is a nut.'), page('The cashew is a seed.')], { title: 'On nuts' })
  await fill(docs, {
    'nuts.pdf': good,
    'one.pdf': pdf([page('A single pistachio.')], { title: 'Microsoft Word - draft.docx' }),
    'garbage.pdf': 'this is no PDF at all',
    'cut.pdf': good.subarray(0, 300),
    'empty.pdf': '',
    'scan.pdf': pdf(['0 0 100 100 re f']),
    'loop.pdf': good.toString('latin1').replace('/Kids [4 0 R 6 0 R]', '/Kids [2 0 R 2 0 R]'),
    'large.pdf': Buffer.alloc(50 * 1024 * 1024 + 1)
  })
  const warnings: string[] = []
  const { app } = await openHouse(t, docs, {
    log: (level, message) => {
      if (level >= 40) warnings.push(message)
    }
  })
  await app.library.ready
  t.match(await app.library.find('nuts.pdf'), {
    title: 'On nuts',
    type: 'application/pdf',
    text: '[Page 1]\nThe walnut is a nut.\n\n[Page 2]\nThe cashew is a seed.'
  })
  t.match(await app.library.find('one.pdf'), { title: 'one', text: 'A single pistachio.' })
  t.same(
    (await app.library.search('cashew seed')).map(({ id }) => id),
    ['nuts.pdf']
  )
  const reasons = Object.fromEntries(
    warnings.map((line) => /"(\w+)\.pdf" is not searchable: (.*)/.exec(line)!.slice(1))
  )
  for (const name of ['garbage', 'cut', 'empty', 'loop']) {
    t.match(reasons[name], /broken|holds no text/, name)
  }
  t.match(reasons['scan'], /holds no text.*OCR/)
  t.match(reasons['large'], /larger than 50 MB/)
  t.equal(await app.library.count(), 2)
})

t.test('a PDF that unpacks to far more than memory costs only its worker', async (t) => {
  const docs = await folder(t)
  const bomb = deflateSync(Buffer.alloc(100 * 1024 * 1024, 'BT /F 9 Tf 9 9 Td (walnut) Tj ET\n'), { level: 9 })
  await fill(docs, {
    'bomb.pdf': pdf([deflateSync(bomb)], { filter: '/Filter [/FlateDecode /FlateDecode]' }),
    'after.md': 'cashew'
  })
  const warnings: string[] = []
  const { app } = await openHouse(t, docs, {
    log: (level, message) => {
      if (level >= 40) warnings.push(message)
    }
  })
  const started = process.memoryUsage().rss
  await app.library.ready
  t.same(
    (await app.library.search('cashew')).map(({ id }) => id),
    ['after.md'],
    'and the files after it are read'
  )
  t.match(warnings.filter((line) => line.includes('bomb.pdf')).join(), /memory|longer than/)
  t.comment(`this process grew by ${Math.round((process.memoryUsage().rss - started) / 1e6)} MB`)
})

const chromium = await launchChromium()
t.teardown(() => chromium.browser?.close())

t.test(
  'a PDF as Chromium prints it, in several scripts, over a restart',
  { skip: chromium.missing ?? false },
  async (t) => {
    const docs = await folder(t)
    const tab = await chromium.browser!.newPage()
    await tab.setContent(
      `<title>Quarterly report</title>${Array.from({ length: 30 }, (_, index) => `<h1 style="page-break-before: always">Chapter ${index}</h1><p>Übermäßig große Zahlen: ${index * 111}. ${index === 17 ? 'The hippopotamus was sold.' : ''}</p>`).join('')}`
    )
    await writeFile(join(docs, 'report.pdf'), await tab.pdf())
    const { app, dataDir } = await openHouse(t, docs)
    await app.library.ready
    const found = await app.library.find('report.pdf')
    t.equal(found?.title, 'Quarterly report')
    t.match(found?.text, /\[Page \d+\]\nChapter 17\s+Übermäßig große Zahlen: 1887\. The hippopotamus was sold\./)
    t.match(await app.library.search('hippopotamus sold'), [{ id: 'report.pdf', snippet: /hippopotamus was sold/ }])
    await app.close()
    const again = await openHouse(t, docs, { dataDir })
    await again.app.library.ready
    t.same(await again.app.library.find('report.pdf'), found)
  }
)

t.test('source code and data are text, found by their words and their names', async (t) => {
  const docs = await folder(t)
  await fill(docs, {
    'src/rate_limit.py': 'def take_token(bucket):\n    """Refuses when the bucket is empty."""\n',
    'lib.rs': 'fn walnut() {}',
    'data.csv': 'city;inhabitants\nPorto;231800\n',
    'settings.json': '{"cashew":{"enabled":true}}',
    'events.jsonl': '{"event":"pistachio"}\n',
    'pom.xml': '<artifactId>macadamia</artifactId>',
    'image.svg': '<svg/>',
    'archive.zip': 'PK'
  })
  const { app } = await openHouse(t, docs)
  await app.library.ready
  const find = async (query: string) => (await app.library.search(query)).map(({ id }) => id)
  t.same(await find('when is the bucket empty'), ['src/rate_limit.py'])
  t.same(await find('rate limit'), ['src/rate_limit.py'])
  t.same(await find('walnut'), ['lib.rs'])
  t.same(await find('inhabitants of Porto'), ['data.csv'])
  t.same(await find('cashew'), ['settings.json'])
  t.same(await find('pistachio'), ['events.jsonl'])
  t.same(await find('macadamia'), ['pom.xml'])
  t.equal((await app.library.find('src/rate_limit.py'))?.type, 'text/x-py')
  t.equal(await app.library.count(), 6)
})

t.test('whatever time a file system keeps of a file is a date that can be written (LB-10)', async (t) => {
  for (const mtimeMs of [-1e19, 0, 1_764_000_000_000.5, 1e17, 1e19]) {
    t.match(new Date(timeOf({ mtimeMs })).toISOString(), /Z$/, String(mtimeMs))
  }
  t.equal(timeOf({ mtimeMs: 1_764_000_000_000.5 }), 1_764_000_000_000.5)
})

t.test('of a file that grows after its check no more is read than it may have (LB-21)', async (t) => {
  const docs = await realpath(await folder(t))
  await fill(docs, { 'a.md': 'walnut', 'b.md': 'walnut' })
  const file = await open(join(docs, 'a.md'))
  const prototype = Object.getPrototypeOf(file) as FileHandle
  await file.close()
  const { stat } = prototype
  const growBy = (bytes: number) => {
    prototype.stat = async function (this: FileHandle) {
      const before = await stat.call(this)
      await appendFile(join(docs, bytes > 1_000 ? 'a.md' : 'b.md'), Buffer.alloc(bytes, 'x'))
      return before
    } as FileHandle['stat']
  }
  t.teardown(() => { prototype.stat = stat })
  const convert = async ({ bytes }: { bytes: Uint8Array }) => ({ text: Buffer.from(bytes).toString(), title: undefined })
  growBy(5 * 1024 * 1024)
  await t.rejects(readDocument(docs, 'a.md', convert), { message: 'it is larger than 5 MB' })
  growBy(10)
  t.equal((await readDocument(docs, 'b.md', convert)).text, `walnut${'x'.repeat(10)}`)
})
