// Runs one tool for one caller: counts the call, and words every failure for a model (MCP "Tools", error handling).
import { ProtocolError, type CallToolResult, type InputRequiredResult } from '@modelcontextprotocol/server'
import type { FastifyBaseLogger } from 'fastify'
import { isToolError } from '../../../authoring/tool.ts'
import { UpstreamError } from '../../upstreams/contract.ts'
import { describeFault, faultLine } from '../relay/faults.ts'
import { failure } from './tool-result.ts'
import type { CallableTool } from './callable-tool.ts'
import type { McpRequest } from '../contract.ts'
import type { CallServices } from './contract.ts'
import type { Caller } from './protocol-errors.ts'
import { traceOf } from './trace.ts'
import { failedInside, timedOut, isStorageFault, storageUnreachable } from './unfinished-call.ts'
import { TIMED_OUT } from './timeout.ts'
import { channelOf } from './invoke.ts'

/**
 * Every failure inside is a result with `isError`. Every call is counted and goes into the audit log.
 * @param channel what the protocol knows of the call; without it, what the request itself says.
 * @returns the result, or the questions to ask first.
 * @throws ProtocolError -32602 for a `requestState` of another call; what an upstream refused.
 */
export async function callTool (
  tool: CallableTool,
  args: unknown,
  request: McpRequest,
  services: CallServices,
  channel = channelOf(request)
): Promise<CallToolResult | InputRequiredResult> {
  const startedAt = performance.now()
  const { name, upstream } = tool
  const overQuota = services.meter.take(request, name)
  const called = (outcome: 'ok' | 'refused' | 'failed') =>
    services.meter.called(request, {
      tool: name,
      ...(upstream !== undefined && { upstream }),
      outcome,
      ms: Math.round(performance.now() - startedAt)
    })
  if (overQuota !== undefined) {
    called('refused')
    return failure(overQuota)
  }
  try {
    const result = await run(tool, args, { request, services, channel })
    called(result['isError'] ? 'failed' : 'ok')
    return result
  } catch (error) {
    if (upstream !== undefined) called('failed')
    throw error
  }
}

async function run (
  tool: CallableTool,
  args: unknown,
  { request, services, channel }: Caller
): Promise<CallToolResult | InputRequiredResult> {
  const trace = traceOf(channel.meta)
  const log = lazily(() => request.log.child({ tool: tool.name, ...(trace && { traceparent: trace.traceparent }) }))
  const timeout = tool.timeout ?? services.timeout
  try {
    const outcome = await tool.call({ args, request, services, channel, log, timeout })
    if (outcome !== TIMED_OUT) return outcome
    log.warn({ timeout }, 'tool timed out')
    return failure(timedOut(tool, timeout))
  } catch (error) {
    if (error instanceof ProtocolError) throw error
    if (isToolError(error)) return failure(error.message)
    if (isStorageFault(error)) {
      log.warn({ err: error as Error }, 'storage unavailable')
      return failure(storageUnreachable(tool))
    }
    if (request.signal.aborted) return failure('The client disconnected.')
    if (error instanceof UpstreamError) {
      log.warn({ err: error }, faultLine(error))
      return failure(describeFault(error, tool, request.requestId))
    }
    log.error({ err: error }, 'tool failed')
    return failure(failedInside(tool, request.requestId))
  }
}

/** A child logger costs more than most calls, and few write a line. */
function lazily (create: () => FastifyBaseLogger) {
  let logger: FastifyBaseLogger | undefined
  const log = () => (logger ??= create())
  return {
    info: (message: string) => log().info(message),
    warn: (about: object | string, message?: string) => log().warn(about, message),
    error: (about: object, message: string) => log().error(about, message)
  }
}
