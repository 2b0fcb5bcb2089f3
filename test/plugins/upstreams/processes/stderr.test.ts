// The error output of a process in our log: line by line, and bounded in a
// flood.
import { PassThrough } from 'node:stream'
import type { FastifyBaseLogger } from 'fastify'
import { pino } from 'pino'
import t from 'tap'
import { createCleaner } from '../../../../plugins/upstreams/processes/clean.ts'
import { logStderr } from '../../../../plugins/upstreams/processes/stderr.ts'
import { until } from '../../../helpers/until.ts'

function logged () {
  const stream = new PassThrough()
  const lines: Array<Record<string, unknown>> = []
  const write = (line: string) => {
    lines.push(JSON.parse(line) as Record<string, unknown>)
  }
  const log = pino({}, { write }) as unknown as FastifyBaseLogger
  const stderr = logStderr(stream, log, createCleaner(['s3cret']))
  return { stream, stderr, lines, texts: () => lines.map(({ msg }) => msg) }
}

t.test('each line is a line of the log, without secrets, and the last is known (PR-04)', async (t) => {
  const { stream, stderr, texts } = logged()
  for (const piece of ['one\ntw', 'o\n\n', 'key s3c', 'ret\nlast']) stream.write(piece)
  stream.end()
  await until(() => stream.closed)
  t.same(texts(), ['one', 'two', 'key ***', 'last'])
  t.equal(stderr.lastLine, 'last')
})

t.test('an error output that breaks is no fault of ours', async (t) => {
  const { stream, texts } = logged()
  stream.write('last words\n')
  stream.destroy(new Error('EIO'))
  await until(() => stream.closed)
  t.same(texts(), ['last words'])
})

t.test('a line cannot pretend to be a line of ours (PR-04)', async (t) => {
  const { stream, texts } = logged()
  stream.end('a\r{"level":50,"msg":"locked"}\x1b[2K\u2028b\n')
  await until(() => stream.closed)
  t.same(texts(), ['a\\u{d}{"level":50,"msg":"locked"}\\u{2028}b'])
})

t.test('of a flood a few lines are logged, and how much was left out (PR-03)', async (t) => {
  const { stream, lines } = logged()
  const flood = Buffer.from('flood\n'.repeat(10_000))
  for (let count = 0; count < 100; count++) stream.write(flood)
  stream.end()
  await until(() => stream.closed)
  t.equal(lines.length, 51)
  t.equal(lines.at(-1)?.['leftOutBytes'], 6_000_000 - 50 * 6)
})

t.test('blank lines count as well, and a line that does not end is kept in part', async (t) => {
  const { stream, lines } = logged()
  stream.write('\n'.repeat(100_000))
  stream.end('x'.repeat(100_000))
  await until(() => stream.closed)
  t.match(lines, [{ leftOutBytes: 199_950 }])
  const other = logged()
  for (let count = 0; count < 1_000; count++) other.stream.write('x'.repeat(1_000))
  other.stream.end()
  await until(() => other.stream.closed)
  t.match(other.lines, [{ msg: / …$/ }, { leftOutBytes: 1_000_000 - 16_384 }])
})
