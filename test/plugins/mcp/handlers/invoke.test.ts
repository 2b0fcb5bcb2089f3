// What a running tool sends its client, and the trace it is part of.
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { text } from '../../../../authoring/tool.ts'
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

t.test('log lines go to a client that asked for their level, and to no other', async (t) => {
  const { modern, legacy } = await open(t, [
    tool('talk', ({ client, log }) => {
      log.info('for the operator')
      client.log('debug', 'fine')
      client.log('warning', 'careful')
    })
  ])
  const lines = async (level?: string) => {
    const { messages } = await modern('tools/call', {
      name: 'talk',
      arguments: {},
      ...(level && { _meta: { 'io.modelcontextprotocol/logLevel': level } })
    })
    return messages.slice(0, -1).map(({ method, params }) => [method, params.level, params.data, params.logger])
  }
  t.strictSame(await lines(), [])
  t.strictSame(await lines('info'), [['notifications/message', 'warning', 'careful', 'talk']])
  t.equal((await lines('debug')).length, 2)
  t.equal((await legacy('tools/call', { name: 'talk', arguments: {} })).messages.length, 1)
  t.equal(
    (await legacy('logging/setLevel', { level: 'debug' })).json.error.code,
    -32601,
    'without a session nobody could remember it'
  )
})

t.test('a tool gets the trace that it is part of, if it is in W3C format', async (t) => {
  const { eras } = await open(t, [tool('trace', ({ trace, show }) => show(text(JSON.stringify(trace ?? null))))])
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  for (const [era, request] of eras) {
    const trace = async (_meta: object) =>
      JSON.parse((await request('tools/call', { name: 'trace', arguments: {}, _meta })).json.result.content[0].text)
    t.strictSame(
      await trace({ traceparent, tracestate: 'a=b', baggage: 'user=1' }),
      { traceparent, tracestate: 'a=b', baggage: 'user=1' },
      era
    )
    t.strictSame(await trace({ traceparent, tracestate: 'a\r\nb: c', baggage: 7 }), { traceparent })
    for (const wrong of [
      '',
      'x',
      traceparent.toUpperCase(),
      `ff${traceparent.slice(2)}`,
      '00-00000000000000000000000000000000-b7ad6b7169203331-01',
      7
    ]) { t.equal(await trace({ traceparent: wrong, tracestate: 'a=b' }), null, String(wrong)) }
  }
})
