// A stream of events is handed on as it comes, as one answer where that is all, and its end without one is told at once.
import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import type { UpstreamError } from '../../../../plugins/upstreams/contract.ts'
import { readStream } from '../../../../plugins/upstreams/http/event-stream.ts'
import { createLargeAnswers, LARGE_BYTES, type LargeAnswers } from '../../../../plugins/upstreams/http/large-answers.ts'
import { createSharedBudget, type SharedBudget } from '../../../../plugins/upstreams/shared-budget.ts'
import { until } from '../../../helpers/until.ts'

const eventOf = (message: unknown, id?: string) => `${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(message)}\n\n`
const answer = { jsonrpc: '2.0', id: 7, result: {} }
const progress = { jsonrpc: '2.0', method: 'notifications/progress', params: {} }
/** A question of the upstream may have the number of the request. */
const question = { jsonrpc: '2.0', id: 7, method: 'elicitation/create', params: {} }

interface Options { id: number | undefined; large?: LargeAnswers; said?: SharedBudget }

function start ({ id, large = createLargeAnswers(), said = createSharedBudget() }: Options = { id: 7 }) {
  const source = new PassThrough()
  const failures: UpstreamError[] = []
  const streamed = readStream(source as unknown as IncomingMessage, {
    settings: { name: 'crm', secrets: [] },
    id,
    large,
    said,
    onFailure: (error) => failures.push(error)
  })
  return { source, failures, streamed }
}

const textOf = async (streamed: Awaited<ReturnType<typeof readStream>>) =>
  'stream' in streamed ? await new Response(streamed.stream).text() : 'not a stream'

t.test('the answer alone is JSON, although the stream stays open', async (t) => {
  const { source, streamed, failures } = start()
  source.write(eventOf(answer))
  t.same(await streamed, { message: answer })
  source.end(eventOf(progress))
  t.same(failures, [])
})

t.test('what comes before the answer is handed on at once, and everything in its order', async (t) => {
  for (const first of [progress, question]) {
    const { source, streamed, failures } = start()
    source.write(eventOf(first))
    const found = await streamed
    source.end(eventOf(answer))
    t.equal(await textOf(found), eventOf(first) + eventOf(answer))
    t.same(failures, [])
  }
})

t.test('what comes after the answer belongs to nobody, and is not handed on (UP-04)', async (t) => {
  const { source, streamed, failures } = start()
  source.write(eventOf(progress))
  const found = await streamed
  source.write(eventOf(answer))
  source.write(eventOf(progress))
  t.equal(await textOf(found), eventOf(progress) + eventOf(answer))
  source.end()
  t.same(failures, [])
})

t.test('a stream that ends without the answer says so, unless it can be continued', async (t) => {
  const ended = start()
  ended.source.end(eventOf(progress))
  await textOf(await ended.streamed)
  t.match(ended.failures, [{ fault: 'ended', wasSent: true }])

  const broken = start()
  broken.source.destroy(new Error('reset'))
  await t.rejects(textOf(await broken.streamed))
  t.match(broken.failures, [{ fault: 'ended', wasSent: true }])

  const continued = start()
  continued.source.end(eventOf(progress, '1'))
  t.equal(await textOf(await continued.streamed), eventOf(progress, '1'))
  t.same(continued.failures, [])
})

t.test('an event that is too deep or no JSON ends the stream, also of one that could be continued', async (t) => {
  for (const [text, message] of [['[[', /not JSON/], ['['.repeat(100), /too deep/]] as const) {
    const { source, streamed, failures } = start()
    source.write(`id: 1\ndata: ${text}\n\n`)
    await t.rejects(textOf(await streamed), { message })
    t.match(failures, [{ fault: 'malformed', message }])
    t.ok(source.destroyed)
  }
})

t.test('a stream that answers nothing is there before its first event, and its end is no failure', async (t) => {
  const { source, streamed, failures } = start({ id: undefined })
  const found = await streamed
  source.end(eventOf(progress))
  t.equal(await textOf(found), eventOf(progress))
  t.same(failures, [])
})

t.test('events that nobody reads are not kept: the upstream waits (UH-04)', async (t) => {
  const { source, streamed } = start({ id: undefined })
  await streamed
  const chunk = eventOf({ ...progress, params: { text: 'x'.repeat(10_000) } })
  let written = 0
  while (written < 100 && source.write(chunk)) {
    written++
    await new Promise((resolve) => setImmediate(resolve))
  }
  t.ok(written < 100)
  source.destroy()
})

t.test('a flood of events waits, although they are read', async (t) => {
  const { source, streamed } = start({ id: undefined })
  t.teardown(() => source.destroy())
  const found = await streamed
  let bytes = 0
  const sink = new WritableStream<Uint8Array>({ write: (chunk) => { bytes += chunk.length } })
  if ('stream' in found) found.stream.pipeTo(sink).catch(() => {})
  for (let chunk = 0; chunk < 30; chunk++) source.write(eventOf(progress).repeat(100))
  t.ok(await until(() => source.isPaused() && bytes >= 1_000 * eventOf(progress).length))
  t.ok(bytes < 1_500 * eventOf(progress).length)
})

t.test('so do the floods of many streams together, each of which would be read by itself; an answer does not wait (UH-08)', async (t) => {
  const said = createSharedBudget(50)
  const floods = await Promise.all(Array.from({ length: 5 }, async () => {
    const { source, streamed } = start({ id: undefined, said })
    const found = await streamed
    if ('stream' in found) found.stream.pipeTo(new WritableStream()).catch(() => {})
    return source
  }))
  t.teardown(() => floods.forEach((source) => source.destroy()))
  for (const source of floods) source.write(eventOf(progress).repeat(20))
  for (let turns = 0; turns < 5; turns++) await turn()
  t.same(floods.map((source) => source.isPaused()), [false, false, true, true, true])
  const { source, streamed } = start({ id: 7, said })
  source.write(eventOf(answer))
  t.same(await streamed, { message: answer })
  t.notOk(source.isPaused())
})

t.test('a large event that is not the answer counts as many small ones, the answer does not (UH-30)', async (t) => {
  const text = 'x'.repeat(200_000)
  const costOf = async (id: number | undefined, message: object) => {
    let cost = 0
    const said: SharedBudget = () => ({ isWaiting: false, count: (more) => { cost += more }, leave () {} })
    const { source, streamed } = start({ id, said })
    t.teardown(() => source.destroy())
    source.write(eventOf(message))
    await Promise.race([streamed, turn()])
    await turn()
    return cost
  }
  const log = { ...progress, params: { text } }
  for (const id of [7, undefined]) t.ok((await costOf(id, log)) > 200)
  const ofNobody = { ...answer, id: 8, result: { text } }
  for (const id of [7, undefined]) t.ok((await costOf(id, ofNobody)) > 200)
  const refused = { ...progress, params: { list: Array(50_000).fill('x') } }
  t.ok((await costOf(undefined, refused)) > 200)
  t.ok((await costOf(7, { ...answer, result: { text } })) < 50)
})

t.test('so does a flood of what is for nobody: comments, short and long, blank lines, answers to other requests (UH-04)', async (t) => {
  for (const text of [': x\n', `:${'x'.repeat(20_000)}\n`, '\r', eventOf({ ...answer, id: 8 })]) {
    const flood = text.repeat(text.length < 1_000 ? 5_000 : 100)
    const { source, streamed } = start()
    streamed.catch(() => {})
    t.teardown(() => source.destroy())
    let chunks = 0
    while (chunks < 100 && !source.isPaused()) {
      chunks++
      source.write(flood)
      await new Promise((resolve) => setImmediate(resolve))
    }
    t.ok(chunks < 100, text.slice(0, 80))
  }
})

t.test('an upstream does not say that it is asked again at once (UH-04)', async (t) => {
  const { source, streamed } = start()
  source.end('id: 1\nretry: 0\ndata\n\n')
  t.equal(await textOf(await streamed), 'id: 1\nretry: 1000\ndata: \n\n')
})

t.test('large events are read one after the other where there is room for one, whatever else would read on (UH-04)', async (t) => {
  const large = createLargeAnswers(1)
  const [first, second, small] = [start({ id: 7, large }), start({ id: 7, large }), start({ id: 7, large })]
  const text = eventOf({ ...answer, result: { text: 'x'.repeat(2 * LARGE_BYTES) } })
  const [part, rest] = [text.slice(0, LARGE_BYTES + 1), text.slice(LARGE_BYTES + 1)]
  first.source.write(part)
  await turn()
  // It has begun to stream, so that its reader asks for more as well.
  second.source.write(eventOf(progress) + part)
  const streamed = await second.streamed
  await turn()
  second.source.write(rest)
  small.source.write(eventOf(answer))
  t.same(await small.streamed, { message: answer })
  t.equal(second.source.isPaused(), true)
  t.ok(second.source.readableLength > 0, 'the rest is not read')
  first.source.write(rest)
  t.match(await first.streamed, { message: { id: 7 } })
  second.source.end()
  t.equal(await textOf(streamed), eventOf(progress) + text)
  const next = start({ id: 7, large })
  next.source.write(text)
  t.match(await next.streamed, { message: { id: 7 } }, 'nothing is held any more')
})

t.test('the place of a large event is free once its connection is closed (UH-04)', async (t) => {
  const large = createLargeAnswers(1)
  const [gone, next] = [start({ id: 7, large }), start({ id: 7, large })]
  const text = eventOf({ ...answer, result: { text: 'x'.repeat(2 * LARGE_BYTES) } })
  gone.source.write(text.slice(0, LARGE_BYTES + 1))
  await turn()
  next.source.write(text.slice(0, LARGE_BYTES + 1))
  await turn()
  t.equal(next.source.isPaused(), true)
  next.source.write(text.slice(LARGE_BYTES + 1))
  gone.source.destroy()
  t.match(await next.streamed, { message: { id: 7 } })
})
