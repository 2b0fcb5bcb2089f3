// Completes an argument of a prompt or a resource while a person types (MCP "Completion").
import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server'
import type { ToolContext } from '../../../authoring/tool.ts'
import { invokePlain, type Caller } from './protocol-errors.ts'

/** MCP "Completion": at most 100 values; the client learns how many there are. */
const MAX_VALUES = 100
/** People choose before they have typed more. */
const MAX_TYPED_LENGTH = 1_000

/** What finds the values of each argument that can be completed. */
export type Finders = Record<string, (typed: string, context: ToolContext) => Promise<string[]>>

/**
 * @param of the prompt or resource that the argument belongs to.
 * @throws ProtocolError -32602 for more than people type.
 */
export async function complete (
  caller: Caller,
  of: string,
  { name, value }: { name: string; value: string },
  finders: Finders | undefined
) {
  if (value.length > MAX_TYPED_LENGTH) {
    throw new ProtocolError(
      ProtocolErrorCode.InvalidParams,
      `Invalid params: what is completed has at most ${MAX_TYPED_LENGTH} characters`
    )
  }
  const find = finders && Object.hasOwn(finders, name) ? finders[name]! : async () => []
  const values = await invokePlain(caller, 'completion/complete', [of, name, value], (context) => find(value, context))
  return {
    completion: { values: values.slice(0, MAX_VALUES), total: values.length, hasMore: values.length > MAX_VALUES }
  }
}
