// Runs what an author wrote (a tool, a resource, a prompt) for one caller: in its time, with its context, and with the
// questions it asks (MCP "Progress", "Cancellation", "Multi Round-Trip Requests").
import {
  BAGGAGE_META_KEY,
  CLIENT_CAPABILITIES_META_KEY,
  TRACEPARENT_META_KEY,
  TRACESTATE_META_KEY,
  type ClientCapabilities,
  type InputRequiredResult
} from '@modelcontextprotocol/server'
import type { ToolClient, TraceContext } from '../../../authoring/tool.ts'
import type { ClientChannel, CallServices, Invocation } from './contract.ts'
import { CallContext } from './context.ts'
import type { McpRequest } from '../contract.ts'
import { callId, createInputRequests, type RetryInput } from './input-required.ts'
import { CallTimeout, type TIMED_OUT } from './timeout.ts'

/** What a single request says of the call: all there is to know in the lane that writes one JSON answer. */
export function channelOf ({ body }: McpRequest): ClientChannel {
  const {
    _meta: meta = {},
    inputResponses,
    requestState
  } = (Array.isArray(body) ? {} : (body.params ?? {})) as { _meta?: Record<string, unknown> } & RetryInput
  return {
    capabilities: meta[CLIENT_CAPABILITIES_META_KEY] as ClientCapabilities | undefined,
    meta,
    inputResponses,
    requestState
  }
}

/**
 * @returns the result, the questions to ask first, or {@link TIMED_OUT}. Work that does not heed its signal is left
 * behind.
 * @throws what the work throws; when the client goes away, the reason of the exchange's signal.
 */
export async function invoke<Result> (
  work: Invocation<Result>,
  exchange: McpRequest,
  house: CallServices,
  conversation: ClientChannel
): Promise<Result | InputRequiredResult | typeof TIMED_OUT> {
  const { access } = exchange
  const dialogue = createInputRequests(
    conversation,
    () => callId(access?.user.id, work.method, work.params),
    house.states
  )
  const patience = new CallTimeout(exchange, work.timeout)
  const reporter = createReporter(conversation)
  try {
    const context = new CallContext(
      { work, access, house, patience, dialogue, reporter, capabilities: conversation.capabilities },
      traceOf(conversation.meta)
    )
    const outcome = await patience.race(work.run(context))
    return dialogue.pending() ?? outcome
  } catch (error) {
    const pending = dialogue.pending()
    if (pending && !exchange.signal.aborted) return pending
    throw error
  } finally {
    reporter.end()
  }
}

/** Milliseconds between two steps that are told; more would only load the line. */
const MIN_PROGRESS_INTERVAL_MS = 20

/** MCP "Progress": only for a token the client sent, always forward, and nothing after the end. */
function createReporter ({ meta, notifyProgress, log }: ClientChannel) {
  const progressToken = meta['progressToken'] as string | number | undefined
  let furthest = -Infinity
  let told = -Infinity
  let over = false
  return {
    progress (done: number, total?: number, message?: string): void {
      if (over || progressToken === undefined || !(done > furthest)) return
      const now = performance.now()
      if (now - told < MIN_PROGRESS_INTERVAL_MS && done !== total) return
      furthest = done
      told = now
      notifyProgress?.({
        progressToken,
        progress: done,
        ...(total !== undefined && { total }),
        ...(message !== undefined && { message })
      })
    },
    log: ((level, message) => {
      if (!over) log?.(level, message)
    }) satisfies ToolClient['log'],
    end (): void {
      over = true
    }
  }
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/
/** Characters: W3C Trace Context §3.3.1.5 asks for no more of tracestate, W3C Baggage §3.3.2 for 8192 bytes. */
const MAX_HEADER_LENGTH = 8_192

/** MCP "Trace context propagation": W3C formats in `_meta`; what is not in that format is dropped. */
export function traceOf (meta: Readonly<Record<string, unknown>>): TraceContext | undefined {
  const { [TRACEPARENT_META_KEY]: traceparent, [TRACESTATE_META_KEY]: tracestate, [BAGGAGE_META_KEY]: baggage } = meta
  if (typeof traceparent !== 'string' || !TRACEPARENT.test(traceparent)) return undefined
  const isHeader = (value: unknown): value is string =>
    typeof value === 'string' && value.length <= MAX_HEADER_LENGTH && /^[\x20-\x7e]+$/.test(value)
  return { traceparent, ...(isHeader(tracestate) && { tracestate }), ...(isHeader(baggage) && { baggage }) }
}
