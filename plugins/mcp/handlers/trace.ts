// The trace that a caller names in `_meta` (MCP "Trace context propagation"; W3C Trace Context).
import { BAGGAGE_META_KEY, TRACEPARENT_META_KEY, TRACESTATE_META_KEY } from '@modelcontextprotocol/server'
import type { TraceContext } from '../../../authoring/tool.ts'

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/
/** W3C Trace Context §3.3.1.5 asks for no more of tracestate, W3C Baggage §3.3.2 for 8192 bytes. */
const MAX_HEADER_LENGTH = 8_192

/** MCP "Trace context propagation": W3C formats in `_meta`; what is not in that format is dropped. */
export function traceOf (meta: Readonly<Record<string, unknown>>): TraceContext | undefined {
  const { [TRACEPARENT_META_KEY]: traceparent, [TRACESTATE_META_KEY]: tracestate, [BAGGAGE_META_KEY]: baggage } = meta
  if (typeof traceparent !== 'string' || !TRACEPARENT.test(traceparent)) return undefined
  const isHeader = (value: unknown): value is string =>
    typeof value === 'string' && value.length <= MAX_HEADER_LENGTH && /^[\x20-\x7e]+$/.test(value)
  return { traceparent, ...(isHeader(tracestate) && { tracestate }), ...(isHeader(baggage) && { baggage }) }
}
