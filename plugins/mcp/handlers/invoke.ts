// Runs what an author wrote (a tool, a resource, a prompt) for one caller: within its timeout, with its context, and with
// the questions it asks (MCP "Progress", "Cancellation", "Multi Round-Trip Requests").
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

/** What a single request says of its call: all there is to know where the answer is one JSON object. */
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
 * @returns the result, the questions to ask first, or {@link TIMED_OUT}. A call that ignores its signal is no longer
 * waited for.
 * @throws what the call throws; when the client disconnects, the reason of the request's signal.
 */
export async function invoke<Result> (
  invocation: Invocation<Result>,
  request: McpRequest,
  services: CallServices,
  channel: ClientChannel
): Promise<Result | InputRequiredResult | typeof TIMED_OUT> {
  const { access } = request
  const inputs = createInputRequests(
    channel,
    () => callId(access?.user.id, invocation.method, invocation.params),
    services.states
  )
  const timer = new CallTimeout(request, invocation.timeout)
  const reporter = createReporter(channel)
  try {
    const context = new CallContext(
      { invocation, access, services, timer, inputs, reporter, capabilities: channel.capabilities },
      traceOf(channel.meta)
    )
    const outcome = await timer.race(invocation.run(context))
    return inputs.pending() ?? outcome
  } catch (error) {
    const pending = inputs.pending()
    if (pending && !request.signal.aborted) return pending
    throw error
  } finally {
    reporter.end()
  }
}

/** More reports than this would only load the connection. */
const MIN_PROGRESS_INTERVAL_MS = 20

/** MCP "Progress": only for a token the client sent, always forward, and nothing after the end. */
function createReporter ({ meta, notifyProgress, log }: ClientChannel) {
  const progressToken = meta['progressToken'] as string | number | undefined
  let furthest = -Infinity
  let reportedAt = -Infinity
  let hasEnded = false
  return {
    progress (done: number, total?: number, message?: string): void {
      if (hasEnded || progressToken === undefined || !(done > furthest)) return
      const now = performance.now()
      if (now - reportedAt < MIN_PROGRESS_INTERVAL_MS && done !== total) return
      furthest = done
      reportedAt = now
      notifyProgress?.({
        progressToken,
        progress: done,
        ...(total !== undefined && { total }),
        ...(message !== undefined && { message })
      })
    },
    log: ((level, message) => {
      if (!hasEnded) log?.(level, message)
    }) satisfies ToolClient['log'],
    end (): void {
      hasEnded = true
    }
  }
}

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
