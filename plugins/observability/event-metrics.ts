// Counts the events of the audit log for Prometheus: sign-ins, tokens, tool calls. Names are counted, never people.
import type { FastifyInstance } from 'fastify'
import type { Registry } from 'prom-client'
import { BUCKETS, type Prometheus } from './prometheus.ts'

/** Names of tools that have figures of their own: existing servers name theirs as they like, and a figure is kept for good. */
const MAX_TOOLS = 500
/** What counts for all others. No tool has this name. */
const OTHERS = '(others)'

/** @returns a name for the figures of each tool. */
function createToolNames (): (tool: string) => string {
  const known = new Set<string>()
  return (tool) => (known.has(tool) || known.size < MAX_TOOLS ? (known.add(tool), tool) : OTHERS)
}

/**
 * Counts the events of the audit log by name, and never by person.
 */
export function countEvents (prometheus: Prometheus, registry: Registry, app: FastifyInstance): void {
  const registers = [registry]
  const events = new prometheus.Counter({
    name: 'mcp_events_total',
    help: 'Events of the audit log: sign-ins, tokens, refreshes, reuse, revocations, limits …',
    labelNames: ['event', 'reason'],
    registers
  })
  const signIns = new prometheus.Counter({
    name: 'mcp_sign_ins_total',
    help: 'People who signed in, or tried to.',
    labelNames: ['backend', 'outcome'],
    registers
  })
  const calls = new prometheus.Counter({
    name: 'mcp_tool_calls_total',
    help: 'Calls of tools.',
    labelNames: ['tool', 'outcome'],
    registers
  })
  const seconds = new prometheus.Histogram({
    name: 'mcp_tool_call_duration_seconds',
    help: 'How long tools ran.',
    labelNames: ['tool'],
    buckets: BUCKETS,
    registers
  })
  const nameOf = createToolNames()
  app.addHook('onReady', async () =>
    app.audit.listen(({ event, reason = '', backend = '', tool: called = '', outcome = 'ok', ms }) => {
      events.inc({ event, reason })
      if (event === 'sign_in' || event === 'sign_in_failed') { signIns.inc({ backend, outcome: event === 'sign_in' ? 'ok' : 'failed' }) }
      if (event !== 'tool_call') return
      const tool = nameOf(called)
      calls.inc({ tool, outcome })
      if (ms !== undefined) seconds.observe({ tool }, ms / 1000)
    })
  )
}
