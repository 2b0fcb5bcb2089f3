// analyze: real figures, sentences word for word, honest about what it cannot do, and bounded (threats TL-02, TL-03, WS-04).
import t from 'tap'
import analyze from '../../tools/analyze.ts'
import { toolContexts } from '../helpers/tool-context.ts'

const context = (await toolContexts(t, {}))(null)
const run = (args: Record<string, unknown>) => analyze.run(analyze.input.parse(args) as never, context)

const TIDES =
  'Tides are made by the moon, which pulls the water of the sea towards it. My cousin sells bread in the town. ' +
  'When sun and moon stand in one line, both pull the water together, and the tide rises highest: a spring tide. ' +
  'The harbour was painted blue last year. At half moon the sun pulls across the moon, and the tide is low: a neap tide.'

t.test('sentiment of English, with its strongest sentences', async (t) => {
  const { sentiment } = await run({ kind: 'sentiment', text: 'The view was wonderful and I loved it. We sat outside.' })
  t.match(sentiment, {
    label: 'positive',
    strongest: [{ sentence: 1, start: 0, text: 'The view was wonderful and I loved it.' }]
  })
  t.match(
    (await run({ kind: 'sentiment', text: 'It is terrible, broken and a waste of money. I hate it.' })).sentiment,
    { label: 'negative' }
  )
  t.match(
    (await run({ kind: 'sentiment', text: 'The food was wonderful and I loved it. The waiter was rude and terrible.' }))
      .sentiment,
    { label: 'mixed' }
  )
  await t.rejects(
    run({
      kind: 'sentiment',
      text: 'Das Essen war wunderbar, und ich habe es sehr gemocht, aber der Kellner war leider unfreundlich.'
    }),
    { name: 'ToolError', message: /English only/ }
  )
})

t.test('a summary says what the text is about, in its own words', async (t) => {
  const { summary } = await run({ kind: 'summary', text: TIDES, sentences: 2 })
  t.equal(summary!.of, 5)
  t.match(summary!.sentences.map(({ text }) => text).join(' '), /tide/)
  t.notMatch(summary!.sentences.map(({ text }) => text).join(' '), /cousin|painted/)
  t.match(
    (await run({ kind: 'summary', text: '月は海を引く。潮は月によって起こる。パンは美味しい。', sentences: 1 }))
      .summary,
    { of: 3, sentences: [{ text: /。$/ }] }
  )
})

t.test('statistics of a text, of numbers and of columns', async (t) => {
  t.match(
    (await run({ kind: 'statistics', text: 'The quick brown fox jumps. It was sunny.\n\nThen it rained.' })).text,
    { words: 11, sentences: 3, paragraphs: 2, differentWords: 10, readingEase: Number }
  )
  t.match(
    (
      await run({
        kind: 'statistics',
        text: 'Der schnelle braune Fuchs springt über den faulen Hund, und danach regnet es sehr lange.'
      })
    ).text,
    { readingEase: null }
  )
  t.match((await run({ kind: 'statistics', text: '2, 4, 4, 4, 5, 5, 7, 9' })).columns, [
    { name: 'numbers', count: 8, mean: 5, median: 4.5, min: 2, max: 9, sum: 40 }
  ])
  t.match((await run({ kind: 'statistics', text: 'city;people\nBern;134000\nRome;\nOslo;700000' })).columns, [
    { name: 'people', count: 2, missing: 1, mean: 417_000 }
  ])
  await t.rejects(run({ kind: 'statistics', text: 'a,b\nx,y\nz,w' }), {
    name: 'ToolError',
    message: /None of the columns/
  })
})

t.test('a text of the longest words is checked in linear time (WS-04)', async (t) => {
  const text = `${'a'.repeat(1_000)} `.repeat(99)
  const before = process.threadCpuUsage()
  await analyze.run({ kind: 'summary', text }, { ...context, runInWorker: async () => ({}) as never })
  const { user } = process.threadCpuUsage(before)
  t.ok(user < 20_000, `${user / 1000} ms`)
  await t.rejects(run({ kind: 'summary', text: `a ${'a'.repeat(1_001)}` }), { name: 'ToolError' })
})

t.test('what is hostile is refused in words, and nothing of the runtime comes back (TL-02, TL-03)', async (t) => {
  await t.rejects(run({ kind: 'summary', text: 'x'.repeat(99_000) }), { name: 'ToolError', message: /no natural text/ })
  t.throws(() => analyze.input.parse({ kind: 'summary', text: 'x '.repeat(60_000) }), /at most 100000/)
  for (const text of ['\0\0\0', '\ud800 lone', '   ', '"; process.exit()', '=cmd|calc', '"a,b\n"c'.repeat(100)]) {
    for (const kind of ['summary', 'sentiment', 'statistics']) {
      const outcome = await run({ kind, text }).catch((error: Error) => error)
      t.ok(!(outcome instanceof Error) || outcome.name === 'ToolError', `${kind} ${JSON.stringify(text).slice(0, 30)}`)
    }
  }
  const many = await run({ kind: 'summary', text: 'A short one here. '.repeat(5_000), sentences: 20 })
  t.equal(many.summary!.sentences.length, 20)
})
