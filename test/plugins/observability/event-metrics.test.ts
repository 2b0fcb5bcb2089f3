// The figures of tool calls, whatever existing servers call their tools.
import type { FastifyInstance } from 'fastify'
import prometheus from 'prom-client'
import t from 'tap'
import type { AuditEvent } from '../../../plugins/observability/audit/contract.ts'
import { countEvents } from '../../../plugins/observability/event-metrics.ts'

t.test('a server that names its tools anew all the time does not fill the memory with figures (AS-03)', async (t) => {
  const registry = new prometheus.Registry()
  let tell: (event: AuditEvent) => void = () => {}
  const app = {
    addHook: (_name: string, work: () => unknown) => work(),
    audit: { listen: (listener: typeof tell) => { tell = listener } }
  } as unknown as FastifyInstance
  countEvents(prometheus, registry, app)
  for (let n = 0; n < 2_000; n++) tell({ at: '', event: 'tool_call', tool: `tool_${n}`, ms: 1 })
  tell({ at: '', event: 'tool_call', tool: 'tool_0', ms: 1 })
  const lines = (await registry.metrics()).split('\n').filter((line) => line.startsWith('mcp_tool_calls_total{'))
  t.equal(lines.length, 501)
  t.ok(lines.includes('mcp_tool_calls_total{tool="tool_0",outcome="ok"} 2'))
  t.ok(lines.includes('mcp_tool_calls_total{tool="(others)",outcome="ok"} 1500'))
})
