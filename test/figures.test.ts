// The limits that keep the source readable, measured as `npm run figures` does.
import { existsSync } from 'node:fs'
import t from 'tap'
import { measureRepository } from '../bench/figures.ts'
import { isServer, readSources } from './helpers/sources.ts'

const { source, tests, circles, superlatives, mirrored } = await measureRepository()

t.test('lines are short', async (t) => {
  t.ok(source.meanLineLength <= 46, `source: ${source.meanLineLength}`)
  t.ok(tests.meanLineLength <= 46, `tests: ${tests.meanLineLength}`)
})

t.test('files are short', async (t) => {
  t.ok(source.medianLines <= 85, `the median file has ${source.medianLines} lines`)
  t.comment(`longest: ${source.longest.file} ${source.longest.lines}, ${tests.longest.file} ${tests.longest.lines}`)
})

t.test('no import leads back to its file, types included', async (t) => {
  t.same(circles, [])
})

t.test('limits are called MAX_ and MIN_', async (t) => {
  t.same(superlatives, [])
})

t.test('source files have a test at the mirrored path', async (t) => {
  const share = mirrored.length / source.files
  t.ok(share >= 0.7, `${mirrored.length} of ${source.files}: \`npm run figures\` lists the others`)
})

t.test('a source that says where it is tested names files that exist', async (t) => {
  const said = (await readSources()).filter(({ file }) => isServer(file)).flatMap(({ file, text }) => {
    const comments = text.match(/^\/\/ .*\bTested in .*(?:\n\/\/ .*)?/m)?.[0] ?? ''
    return [...comments.matchAll(/\btest\/[\w./-]*\w\/?/g)].map(([test]) => ({ file, test }))
  })
  t.ok(said.length > 20)
  const missing = said.filter(({ test }) => !existsSync(new URL(`../${test}`, import.meta.url)))
  t.same(missing, [])
})
