// Completes an argument of a prompt or a resource while a person types (MCP "Completion").
import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server'
import type { ToolContext } from '../../../authoring/tool.ts'
import { invokePlain, type Caller } from './protocol-errors.ts'
import { checkWritable } from './writable.ts'

/** MCP "Completion": at most 100 values; the client learns how many there are. */
export const MAX_VALUES = 100
/** People choose before they have typed more. */
const MAX_TYPED_LENGTH = 1_000

/** What finds the values of each argument that can be completed. */
export type Finders = Record<string, (typed: string, context: ToolContext) => Promise<string[]>>

export type Completion = { completion: { values: string[]; total?: number; hasMore?: boolean } }

/** @throws ProtocolError -32602 for more than people type. */
export function checkTyped (value: string): void {
  if (value.length <= MAX_TYPED_LENGTH) return
  throw new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    `Invalid params: what is completed has at most ${MAX_TYPED_LENGTH} characters`
  )
}

/**
 * @param of the prompt or resource that the argument belongs to.
 * @throws ProtocolError -32602 for more than people type.
 */
export async function complete (
  caller: Caller,
  of: string,
  { name, value }: { name: string; value: string },
  finders: Finders | undefined
): Promise<Completion> {
  checkTyped(value)
  const find = finders && Object.hasOwn(finders, name) ? finders[name]! : async () => []
  const values = await invokePlain(caller, 'completion/complete', [of, name, value], (context) => find(value, context))
  return {
    completion: { values: checkWritable(values.slice(0, MAX_VALUES)), total: values.length, hasMore: values.length > MAX_VALUES }
  }
}
