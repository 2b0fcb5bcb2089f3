// analyze: real figures in any script, nothing dropped, and bounded (threats TL-02, TL-03, WS-04).
import t from 'tap'
import analyze from '../../tools/analyze.ts'
import { toolContexts } from '../helpers/tool-context.ts'

const context = (await toolContexts(t, {}))(null)
const run = (text: string) => analyze.run(analyze.input.parse({ text }), context)

t.test('figures of a text, of numbers and of columns', async (t) => {
  t.match((await run('The quick brown fox jumps. It was sunny.\n\nThen it rained.')).text, {
    words: 11,
    sentences: 3,
    paragraphs: 2,
    differentWords: 10,
    readingEase: Number
  })
  t.match(
    (await run('Der schnelle braune Fuchs springt über den faulen Hund, und danach regnet es sehr lange.')).text,
    { readingEase: null }
  )
  t.match((await run('2, 4, 4, 4, 5, 5, 7, 9')).columns, [
    { name: 'numbers', count: 8, mean: 5, median: 4.5, min: 2, max: 9, sum: 40 }
  ])
  t.match((await run('city;people\nBern;134000\nRome;\nOslo;700000')).columns, [
    { name: 'people', count: 2, missing: 1, mean: 417_000 }
  ])
  await t.rejects(run('a,b\nx,y\nz,w'), { name: 'ToolError', message: /None of the columns/ })
  for (const text of ['你好世界。今天天气很好。', 'שלום עולם', 'нет', '!!!', '−1 −2 −3', '안녕하세요']) {
    t.ok(analyze.output.safeParse(await run(text)).success, text)
  }
})

t.test('words of any length are counted, and compact data is data (WS-04)', async (t) => {
  t.match(await run('x'.repeat(99_000)), { text: { characters: 99_000, words: 1 } })
  t.match(await run('字'.repeat(2_000)), { text: { characters: 2_000 } })
  const numbers = Array.from({ length: 1_000 }, (_, index) => index)
  t.match((await run(JSON.stringify(numbers))).columns, [{ count: 1_000, max: 999 }])
})

t.test('what is hostile is refused in words, and nothing of the runtime comes back (TL-02, TL-03)', async (t) => {
  t.throws(() => analyze.input.parse({ text: 'x '.repeat(60_000) }), /at most 100000/)
  for (const text of ['\0\0\0', '\ud800 lone', '   ', '"; process.exit()', '=cmd|calc', '"a,b\n"c'.repeat(100)]) {
    const outcome = await run(text).catch((error: Error) => error)
    t.ok(!(outcome instanceof Error) || outcome.name === 'ToolError', JSON.stringify(text).slice(0, 30))
  }
})
