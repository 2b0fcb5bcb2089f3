// Progress and log lines of a running call (MCP "Progress", "Logging").
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { text } from '../../../../authoring/tool.ts'
import { createReporter } from '../../../../plugins/mcp/handlers/progress.ts'
import { open, tool } from '../../../helpers/mcp-authored.ts'

t.test('progress goes to a client that sent a token, always forward, and not after the end', async (t) => {
  const late: Array<() => void> = []
  const { eras } = await open(t, [
    tool('work', async ({ progress, show }) => {
      for (const done of [1, 2, 2, 1, 3]) {
        progress(done, 3, `step ${done}`)
        await delay(30)
      }
      late.push(() => progress(4))
      show(text('done'))
    })
  ])
  for (const [era, request] of eras) {
    const { messages, headers } = await request('tools/call', {
      name: 'work',
      arguments: {},
      _meta: { progressToken: 'token' }
    })
    t.match(headers.get('content-type'), 'text/event-stream', era)
    t.strictSame(
      messages.slice(0, -1).map(({ method, params }) => [method, params]),
      [1, 2, 3].map((progress) => [
        'notifications/progress',
        { progressToken: 'token', progress, total: 3, message: `step ${progress}` }
      ]),
      era
    )
    t.match(messages.at(-1), { id: 1, result: { content: [{ text: 'done' }] } })
    late.pop()!()
    const quiet = await request('tools/call', { name: 'work', arguments: {} })
    t.match(quiet.headers.get('content-type'), 'application/json')
    t.equal(quiet.messages.length, 1, `${era}: none without a token`)
    const plain = await request(
      'tools/call',
      { name: 'work', arguments: {}, _meta: { progressToken: 1 } },
      { accept: 'application/json' }
    )
    t.match(
      plain.json.result.content,
      [{ text: 'done' }],
      `${era}: a client that reads only JSON still gets its answer`
    )
  }
})

t.test('of a thousand steps at once that all say to be the last, few are reported (UP-11)', async (t) => {
  const reported: number[] = []
  const reporter = createReporter({
    capabilities: undefined,
    meta: { progressToken: 1 },
    notifyProgress: ({ progress }) => reported.push(progress)
  })
  for (let done = 1; done <= 1_000; done++) reporter.progress(done, done)
  t.equal(reported[0], 1)
  t.ok(reported.length < 20, `${reported.length}`)
})

t.test('of steps that come at once the newest is reported soon, and nothing after the end', async (t) => {
  const reported: unknown[] = []
  const reporter = createReporter({
    capabilities: undefined,
    meta: { progressToken: 1 },
    notifyProgress: (step) => reported.push(step)
  })
  reporter.progress(1, 9)
  reporter.progress(2, 9)
  reporter.progress(3, 9, 'a long one')
  t.same(reported, [{ progressToken: 1, progress: 1, total: 9 }])
  await delay(60)
  t.same(reported.slice(1), [{ progressToken: 1, progress: 3, total: 9, message: 'a long one' }])
  reporter.progress(4, 9)
  reporter.progress(5, 9)
  reporter.end()
  await delay(60)
  t.equal(reported.length, 3)
})
