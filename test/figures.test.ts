// The limits that keep the source readable, measured as `npm run figures` does.
import t from 'tap'
import { measureRepository } from '../bench/figures.ts'

const { source, tests, circles, superlatives, mirrored } = await measureRepository()

t.test('lines are short', async (t) => {
  t.ok(source.meanLineLength <= 46, `source: ${source.meanLineLength}`)
  t.ok(tests.meanLineLength <= 46, `tests: ${tests.meanLineLength}`)
})

t.test('files are short', async (t) => {
  t.ok(source.medianLines <= 70, `the median file has ${source.medianLines} lines`)
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
  t.ok(share >= 0.1, `${mirrored.length} of ${source.files}`)
})
