// Resources and prompts run like tools, but fail as the protocol says for them: with a JSON-RPC error that tells
// nothing of the inside (MCP "Resources", "Prompts": error handling).
import { ProtocolError, ProtocolErrorCode, type InputRequiredResult } from '@modelcontextprotocol/server'
import { isToolError, type ToolContext } from '../../../authoring/tool.ts'
import type { ClientChannel, CallServices } from './contract.ts'
import type { McpRequest } from '../contract.ts'
import { isStorageFault } from './unfinished-call.ts'
import { TIMED_OUT } from './timeout.ts'
import { invoke } from './invoke.ts'

/** Who asks, and how they can be asked back. */
export interface Caller {
  exchange: McpRequest
  house: CallServices
  conversation: ClientChannel
}

/** @throws ProtocolError for whatever goes wrong. */
export async function invokeGuarded<Result> (
  { exchange, house, conversation }: Caller,
  method: string,
  params: unknown,
  run: (context: ToolContext) => Promise<Result>
): Promise<Result | InputRequiredResult> {
  const log = exchange.log.child({ method })
  try {
    const outcome = await invoke(
      { method, params, log, timeout: house.timeout, shown: [], run },
      exchange,
      house,
      conversation
    )
    if (outcome !== TIMED_OUT) return outcome
    log.warn({ timeout: house.timeout }, 'timed out')
  } catch (error) {
    if (error instanceof ProtocolError) throw error
    if (isToolError(error)) throw new ProtocolError(ProtocolErrorCode.InvalidParams, error.message)
    if (isStorageFault(error)) {
      log.warn({ err: error as Error }, 'storage unavailable')
      throw new ProtocolError(
        ProtocolErrorCode.InternalError,
        'The storage of this server does not answer: try again in a few seconds'
      )
    }
    if (exchange.signal.aborted) throw new ProtocolError(ProtocolErrorCode.InternalError, 'The client went away.')
    log.error({ err: error }, 'mcp request failed')
  }
  throw new ProtocolError(
    ProtocolErrorCode.InternalError,
    `Internal error: whoever runs the server finds it in the log as ${exchange.requestId}`
  )
}

/** As {@link invokeGuarded}, for the requests that have no way to ask back. */
export async function invokePlain<Result> (
  caller: Caller,
  method: string,
  params: unknown,
  run: (context: ToolContext) => Promise<Result>
): Promise<Result> {
  const outcome = await invokeGuarded(caller, method, params, run)
  if (typeof outcome === 'object' && outcome !== null && 'resultType' in outcome) {
    caller.exchange.log.error({ method }, 'a list or a completion cannot ask questions')
    throw new ProtocolError(ProtocolErrorCode.InternalError, 'Internal error')
  }
  return outcome as Result
}

/** MCP "Completion": at most 100 values; the client is told how many there are. */
const MAX_VALUES = 100
/** Characters that are looked for. Nobody types more before they choose. */
const MAX_TYPED = 1_000

/** @throws ProtocolError -32602 for more than anybody types. */
export async function complete (
  caller: Caller,
  params: unknown,
  typed: string,
  find: ((typed: string, context: ToolContext) => Promise<string[]>) | undefined
) {
  if (typed.length > MAX_TYPED) {
    throw new ProtocolError(
      ProtocolErrorCode.InvalidParams,
      `Invalid params: what is completed has at most ${MAX_TYPED} characters`
    )
  }
  const values = find ? await invokePlain(caller, 'completion/complete', params, (context) => find(typed, context)) : []
  return {
    completion: { values: values.slice(0, MAX_VALUES), total: values.length, hasMore: values.length > MAX_VALUES }
  }
}
