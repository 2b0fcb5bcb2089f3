// The trace that a caller names reaches a tool (MCP "Trace context propagation").
import t from 'tap'
import { text } from '../../../../authoring/tool.ts'
import { open, tool } from '../../../helpers/mcp-authored.ts'

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
