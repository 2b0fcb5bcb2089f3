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
