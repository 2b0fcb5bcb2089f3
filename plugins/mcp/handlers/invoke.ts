// Runs what an author wrote (a tool, a resource, a prompt) for one caller: within its timeout, with its context, and with
// the questions it asks (MCP "Progress", "Cancellation", "Multi Round-Trip Requests").
import {
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type InputRequiredResult
} from '@modelcontextprotocol/server'
import type { ClientChannel, CallServices, Invocation } from './contract.ts'
import { CallContext } from './context.ts'
import { sharerOf, type McpRequest } from '../contract.ts'
import { createInputRequests, type RetryInput } from './input-required.ts'
import { createReporter } from './progress.ts'
import { callId } from './request-state.ts'
import { CallTimeout, type TIMED_OUT } from './timeout.ts'
import { traceOf } from './trace.ts'

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
  const { access, rights } = request
  const inputs = createInputRequests(
    channel,
    () => callId(access?.user.id, invocation.method, invocation.params),
    services.states
  )
  const timer = new CallTimeout(request, invocation.timeout)
  const reporter = createReporter(channel)
  try {
    const context = new CallContext(
      { invocation, access, rights, caller: sharerOf(request), services, timer, inputs, reporter, capabilities: channel.capabilities },
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
