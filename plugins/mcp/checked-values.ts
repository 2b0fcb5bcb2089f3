// What the SDK's schemas are asked about is counted before: for a value that fits none of their alternatives they take 0.1 ms.
// Tested in test/plugins/mcp/many-members.test.ts.
import { hasMoreValues } from '../json-size.ts'
import type { Message } from './contract.ts'
import { INVALID_REQUEST, JsonRpcError } from './json-rpc-error.ts'

const MAX_VALUES = 1_000

/** @throws JsonRpcError 400 for a message with more values, besides the arguments of a tool, which its own schema checks. */
export function refuseManyValues (body: Message | Message[]): void {
  const messages = Array.isArray(body) ? body : [body]
  const checked = messages.map(({ method, params }) => (method === 'tools/call' ? { ...params, arguments: undefined } : params))
  if (!hasMoreValues(checked, MAX_VALUES)) return
  const id = 'id' in body ? body.id : null
  throw new JsonRpcError(400, INVALID_REQUEST, `Invalid Request: params have at most ${MAX_VALUES} values besides the arguments of a tool`, { id })
}

/** @param response to a question of ours. @throws JsonRpcError 400. */
export function refuseLongAnswer (response: unknown): void {
  if (!hasMoreValues(response, MAX_VALUES)) return
  throw new JsonRpcError(400, INVALID_REQUEST, `Invalid Request: an answer has at most ${MAX_VALUES} values`)
}
