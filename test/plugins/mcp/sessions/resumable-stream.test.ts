// How often what can be fetched again of a stream is written.
import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { ResumableStream, type StoredStream } from '../../../../plugins/mcp/sessions/resumable-stream.ts'
import { until } from '../../../helpers/until.ts'

t.test('many reports of a call are stored together, and its end at once (ME-18)', async (t) => {
  const stored: StoredStream[] = []
  const stream = new ResumableStream('id', 'session', {
    connection: { write () {}, end () {} } as never,
    sealing: { seal: () => 'sealed' } as never,
    store: async (stream) => { stored.push(stream) }
  })
  const method = 'notifications/progress'
  for (let step = 0; step < 50; step++) {
    stream.append({ jsonrpc: '2.0', method })
    await nextTurn()
  }
  t.equal(stored.length, 1)
  await until(() => stored.length > 1)
  t.equal(stored[1]!.events.length, 50)
  stream.append({ jsonrpc: '2.0', method })
  stream.end()
  await nextTurn()
  const last = stored.at(-1)!
  t.ok(last.over)
  t.equal(last.events.length, 51)
})

t.test('a stream that ended is kept as long as it takes to fetch it again where its client had gone, and shortly otherwise (ME-18)', async (t) => {
  for (const [when, isSent, seconds] of [
    ['after its end', true, 10], ['after its end', false, 600], ['before its end', true, 10], ['before its end', false, 600]
  ] as const) {
    const kept: number[] = []
    const stream = new ResumableStream('id', 'session', {
      connection: { write () {}, end () {} } as never,
      sealing: { seal: () => 'sealed' } as never,
      store: async (_stream, seconds) => { kept.push(seconds) }
    })
    if (when === 'before its end') stream.connectionClosed(isSent)
    stream.end()
    await nextTurn()
    await nextTurn()
    if (when === 'after its end') stream.connectionClosed(isSent)
    await nextTurn()
    t.equal(kept.at(-1), seconds, `${when}, ${isSent ? 'sent' : 'cut'}`)
  }
})

/** What is stored of a stream to which these were sent. */
async function storedOf (messages: readonly object[]): Promise<StoredStream> {
  let stored: StoredStream | undefined
  const stream = new ResumableStream('id', 'session', {
    connection: { write () {}, end () {} } as never,
    sealing: { seal: (_purpose: string, bytes: Buffer) => String(bytes) } as never,
    store: async (stream) => { stored = stream }
  })
  for (const message of messages) stream.append({ jsonrpc: '2.0', ...message } as never)
  stream.end()
  await nextTurn()
  return stored!
}

t.test('of more events than are stored the first are left out, and so of more bytes (ME-01)', async (t) => {
  const report = (step: number) => ({ method: 'notifications/progress', params: { step } })
  const many = await storedOf(Array.from({ length: 105 }, (_, step) => report(step)))
  t.strictSame([many.before, many.events.length], [5, 100])
  t.match(JSON.parse(many.events[0]!), report(5))
  const text = 'x'.repeat(50_000)
  const large = await storedOf([1, 2, 3].map((id) => ({ id, result: { text } })))
  t.strictSame([large.before, large.events.length], [1, 2])
})

t.test('of what is too large to be stored an answer says so, of either kind, and a report is left out', async (t) => {
  const text = 'x'.repeat(70_000)
  const { events } = await storedOf([
    { method: 'notifications/message', params: { text } },
    { id: 1, result: { text } },
    { id: 2, error: { code: 7, message: text } }
  ])
  t.equal(events[0], '')
  for (const id of [1, 2]) {
    t.match(JSON.parse(events[id]!), {
      id,
      error: { code: -32603, message: /too large to be stored/ }
    })
  }
})
