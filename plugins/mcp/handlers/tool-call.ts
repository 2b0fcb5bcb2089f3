// Runs one tool for one caller: checks the arguments, the result and the quota, and words every failure for a model
// (MCP "Tools", error handling).
import {
  isInputRequiredResult,
  ProtocolError,
  type CallToolResult,
  type ContentBlock,
  type InputRequiredResult
} from '@modelcontextprotocol/server'
import type { FastifyBaseLogger } from 'fastify'
import type { ZodError } from 'zod'
import { isToolError, type Tool, type ToolContext } from '../../../authoring/tool.ts'
import { describeIssues, failure, toResult } from './tool-result.ts'
import type { CallableTool } from './tools.ts'
import type { McpRequest } from '../contract.ts'
import type { CallServices } from './contract.ts'
import type { Caller } from './protocol-errors.ts'
import { traceOf } from './trace.ts'
import { failedInside, timedOut, isStorageFault, storageUnreachable } from './unfinished-call.ts'
import { TIMED_OUT } from './timeout.ts'
import { channelOf, invoke } from './invoke.ts'

/**
 * Every failure inside is a result with `isError`. Every call is counted and goes into the audit log.
 * @param channel what the protocol knows of the call; without it, what the request itself says.
 * @returns the result, or the questions to ask first.
 * @throws ProtocolError -32602 for a `requestState` of another call.
 */
export async function callTool (
  callable: CallableTool,
  args: unknown,
  request: McpRequest,
  services: CallServices,
  channel = channelOf(request)
): Promise<CallToolResult | InputRequiredResult> {
  const startedAt = performance.now()
  const { name } = callable.tool
  const overQuota = services.meter.take(request, name)
  const result = overQuota === undefined ? await run(callable, args, { request, services, channel }) : failure(overQuota)
  services.meter.called(request, {
    tool: name,
    outcome: overQuota !== undefined ? 'refused' : result['isError'] ? 'failed' : 'ok',
    ms: Math.round(performance.now() - startedAt)
  })
  return result
}

async function run (
  callable: CallableTool,
  args: unknown,
  { request, services, channel }: Caller
): Promise<CallToolResult | InputRequiredResult> {
  const { tool } = callable
  const trace = traceOf(channel.meta)
  const log = lazily(() => request.log.child({ tool: tool.name, ...(trace && { traceparent: trace.traceparent }) }))
  const timeout = tool.timeout ?? services.timeout
  try {
    const parsed = await callable.input.safeParseAsync(args ?? {})
    if (!parsed.success) return failure(wrongArguments(callable, parsed.error))
    const shown: ContentBlock[] = []
    const invocation = {
      method: 'tools/call',
      params: [tool.name, args],
      log,
      timeout,
      shown,
      run: (context: ToolContext) => tool.run(parsed.data, context) as Promise<unknown>
    }
    const outcome = await invoke(invocation, request, services, channel)
    if (outcome === TIMED_OUT) {
      log.warn({ timeout }, 'tool timed out')
      return failure(timedOut(tool, timeout))
    }
    return isInputRequiredResult(outcome) ? outcome : await toResult(tool, outcome, shown)
  } catch (error) {
    if (error instanceof ProtocolError) throw error
    if (isToolError(error)) return failure(error.message)
    if (isStorageFault(error)) {
      log.warn({ err: error as Error }, 'storage unavailable')
      return failure(storageUnreachable(tool))
    }
    if (request.signal.aborted) return failure('The client disconnected.')
    log.error({ err: error }, 'tool failed')
    return failure(failedInside(tool, request.requestId))
  }
}

const wrongArguments = ({ tool, usage, formerName }: CallableTool, error: ZodError): string =>
  `The arguments of ${tool.name} are not right.\n${describeIssues(error)}\n${usage} ` +
  `Correct them and call it again.${renamed(tool, formerName)}`

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

const renamed = ({ name }: Tool, formerName: string | undefined): string =>
  formerName === undefined
    ? ''
    : ` ${formerName} is called ${name} now, and may take other arguments: ask the person to refresh the list of tools ` +
      '(in ChatGPT, Refresh in the settings of this connector).'
