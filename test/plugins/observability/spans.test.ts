// Which trace a caller names, and what of a span is sent.
import t from 'tap'
import { readPlace, spanOpener } from '../../../plugins/observability/spans.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'

t.test('a trace is taken as W3C Trace Context writes it, and anything else begins one of its own', (t) => {
  t.same(readPlace({ traceparent: `00-${TRACE}-${SPAN}-01` }), { traceId: TRACE, spanId: SPAN, isSampled: true })
  t.match(readPlace({ traceparent: `00-${TRACE}-${SPAN}-00`, tracestate: 'a=1' }), { isSampled: false, state: 'a=1' })
  t.match(readPlace({ traceparent: `01-${TRACE}-${SPAN}-03-of-a-later-version` }), { traceId: TRACE, isSampled: true })
  for (const traceparent of [
    undefined, 7, '', 'nonsense', `00-${TRACE}-${SPAN}-01-more`, `ff-${TRACE}-${SPAN}-01`, `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`, `00-${TRACE.toUpperCase()}-${SPAN}-01`, `00-${TRACE}-${SPAN}`
  ]) t.equal(readPlace({ traceparent }), undefined, String(traceparent))
  for (const tracestate of ['x'.repeat(513), 'a=\n', 7, '']) {
    t.same(readPlace({ traceparent: `00-${TRACE}-${SPAN}-01`, tracestate }), { traceId: TRACE, spanId: SPAN, isSampled: true })
  }
  t.end()
})

t.test('a span is below its parent in the same trace, and one that its owner does not record is not sent', (t) => {
  const sent: any[] = []
  const open = spanOpener((span) => sent.push(span))
  const whole = open('GET /', 'server', { route: '/' })
  const part = open('storage find', 'client', {}, whole.place, [{ traceId: TRACE, spanId: SPAN, isSampled: false }])
  part.fail()
  part.end()
  whole.set('status', 200)
  whole.end()
  open('GET /', 'server', {}, { traceId: TRACE, spanId: SPAN, isSampled: false }).end()
  t.match(sent, [
    { name: 'storage find', kind: 3, traceId: whole.place.traceId, parentSpanId: whole.place.spanId, status: { code: 2 }, links: [{ traceId: TRACE, spanId: SPAN }] },
    {
      name: 'GET /',
      kind: 2,
      traceId: /^[0-9a-f]{32}$/,
      spanId: /^[0-9a-f]{16}$/,
      status: {},
      attributes: [{ key: 'route', value: { stringValue: '/' } }, { key: 'status', value: { intValue: 200 } }]
    }
  ])
  t.equal(sent.length, 2)
  t.notOk('parentSpanId' in sent[1])
  t.ok(BigInt(sent[1].endTimeUnixNano) >= BigInt(sent[1].startTimeUnixNano))
  t.end()
})
