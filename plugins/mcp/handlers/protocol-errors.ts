// Resources and prompts run like tools, but fail as the protocol says for them: with a JSON-RPC error that reveals nothing
// of the inside (MCP "Resources", "Prompts": error handling).
// Tested in test/plugins/mcp/handlers/resources.test.ts and prompts.test.ts.
import { ProtocolError, ProtocolErrorCode, type InputRequiredResult } from '@modelcontextprotocol/server'
import { isToolError, type ToolContext } from '../../../authoring/tool.ts'
import type { ClientChannel, CallServices } from './contract.ts'
import type { McpRequest } from '../contract.ts'
import { isStorageFault } from './unfinished-call.ts'
import { TIMED_OUT } from './timeout.ts'
import { invoke } from './invoke.ts'

/** Who calls, and how they can be asked back. */
export interface Caller {
  request: McpRequest
  services: CallServices
  channel: ClientChannel
}

/** @throws ProtocolError for everything that goes wrong. */
export async function invokeGuarded<Result> (
  { request, services, channel }: Caller,
  method: string,
  params: unknown,
  run: (context: ToolContext) => Promise<Result>
): Promise<Result | InputRequiredResult> {
  const log = request.log.child({ method })
  try {
    const outcome = await invoke(
      { method, params, log, timeout: services.timeout, shown: [], run },
      request,
      services,
      channel
    )
    if (outcome !== TIMED_OUT) return outcome
    log.warn({ timeout: services.timeout }, 'timed out')
  } catch (error) {
    if (error instanceof ProtocolError) throw error
    if (isToolError(error)) throw new ProtocolError(ProtocolErrorCode.InvalidParams, error.message)
    throw hide(error, { log, requestId: request.requestId, signal: request.signal })
  }
  throw internalError(request)
}

type Failed = Pick<McpRequest, 'log' | 'requestId' | 'signal'>

/** @returns what a client reads of an error whose words are not for it: the operator's log has those (threat TL-44). */
export function hide (error: unknown, { log, requestId, signal }: Failed): ProtocolError {
  if (isStorageFault(error)) {
    log.warn({ err: error as Error }, 'storage unavailable')
    return new ProtocolError(
      ProtocolErrorCode.InternalError,
      'The storage of this server does not answer: try again in a few seconds'
    )
  }
  if (signal.aborted) return new ProtocolError(ProtocolErrorCode.InternalError, 'The client disconnected.')
  log.error({ err: error }, 'mcp request failed')
  return internalError({ requestId })
}

/** What a client reads of a fault of this server. */
export const internalError = ({ requestId }: Pick<McpRequest, 'requestId'>): ProtocolError =>
  new ProtocolError(ProtocolErrorCode.InternalError, `Internal error: the operator finds it in the log as ${requestId}`)

/** Like {@link invokeGuarded}, for the requests that cannot ask back. */
export async function invokePlain<Result> (
  caller: Caller,
  method: string,
  params: unknown,
  run: (context: ToolContext) => Promise<Result>
): Promise<Result> {
  const outcome = await invokeGuarded(caller, method, params, run)
  if (typeof outcome === 'object' && outcome !== null && 'resultType' in outcome) {
    caller.request.log.error({ method }, 'a list or a completion cannot ask questions')
    throw new ProtocolError(ProtocolErrorCode.InternalError, 'Internal error')
  }
  return outcome as Result
}
