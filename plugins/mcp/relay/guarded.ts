// Prompts, resources and completions of upstreams fail as the
// protocol says for them: with a JSON-RPC error that reveals
// nothing of the inside (MCP "Resources", "Prompts").
// Tested in test/plugins/mcp/relay/prompts.test.ts.
import {
  isInputRequiredResult,
  ProtocolError,
  ProtocolErrorCode,
  type InputRequiredResult
} from '@modelcontextprotocol/server'
import { isToolError } from '../../../authoring/tool.ts'
import { UpstreamError } from '../../upstreams/contract.ts'
import type { McpRequest } from '../contract.ts'
import { internalError, type Caller } from '../handlers/protocol-errors.ts'
import { TIMED_OUT } from '../handlers/timeout.ts'
import type { Relay, RelayedRequest } from './contract.ts'
import { describeFault, faultLine } from './faults.ts'

/**
 * @param name what was asked, for example `The prompt x`.
 * @param read makes of the upstream's result what goes out.
 * @throws ProtocolError for everything that goes wrong.
 */
export async function relayGuarded<Result> (
  relay: Relay,
  asked: RelayedRequest,
  caller: Caller,
  name: string,
  read: (result: Record<string, unknown>) => Result
): Promise<Result | InputRequiredResult> {
  try {
    const answer = await relay.send(asked, caller)
    if (answer === TIMED_OUT) {
      throw new UpstreamError(asked.upstream, 'timeout', 'no answer in time')
    }
    return isInputRequiredResult(answer) ? answer : read(answer)
  } catch (error) {
    throw toProtocolError(error, asked.method, caller, name)
  }
}

export function toProtocolError (
  error: unknown,
  method: string,
  { request }: { request: Pick<McpRequest, 'log' | 'requestId' | 'signal'> },
  name: string
): ProtocolError {
  const { InternalError, InvalidParams } = ProtocolErrorCode
  if (error instanceof ProtocolError) return error
  if (isToolError(error)) return new ProtocolError(InvalidParams, error.message)
  if (request.signal.aborted) {
    return new ProtocolError(InternalError, 'The client disconnected.')
  }
  if (error instanceof UpstreamError) {
    request.log.warn({ err: error, method }, faultLine(error))
    const named = { name, annotations: { readOnlyHint: true } }
    const text = describeFault(error, named, request.requestId)
    return new ProtocolError(InternalError, text)
  }
  request.log.error({ err: error, method }, 'mcp request failed')
  return internalError(request)
}
