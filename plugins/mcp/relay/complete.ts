// Completes an argument of an upstream's prompt or resource
// (MCP "Completion").
// Tested in test/plugins/mcp/relay/prompts.test.ts.
import { isInputRequiredResult, ProtocolErrorCode } from '@modelcontextprotocol/server'
import { checkTyped, MAX_VALUES, type Completion } from '../handlers/complete.ts'
import type { Caller } from '../handlers/protocol-errors.ts'
import { isObject } from '../../is-object.ts'
import type { Relay } from './contract.ts'
import { RelayedError } from './faults.ts'
import { relayGuarded } from './guarded.ts'
import { readResult } from './results.ts'

/** What is completed, as the upstream names it. */
export interface Completed {
  ref: { type: 'ref/prompt'; name: string } | { type: 'ref/resource'; uri: string }
  argument: { name: string; value: string }
  /** The values of other arguments. */
  context: { arguments?: Record<string, string> } | undefined
}

export const NOTHING: Completion = {
  completion: { values: [], total: 0, hasMore: false }
}

/**
 * @param name what it belongs to, for example `The prompt x`.
 * @returns nothing where the upstream cannot complete.
 * @throws ProtocolError.
 */
export async function relayCompletion (
  relay: Relay,
  upstream: string,
  params: Completed,
  caller: Caller,
  name: string
): Promise<Completion> {
  checkTyped(params.argument.value)
  const method = 'completion/complete'
  const { timeoutMs } = relay.settingsOf(upstream)
  const asked = { upstream, method, params: { ...params }, asked: [name], timeoutMs } as const
  try {
    const completed = await relayGuarded(relay, asked, caller, name, (result) => {
      const read = readResult(upstream, 'CompleteResult', shorten(result), ['completion'])
      return read as Completion
    })
    // A completion asks nobody; what would is no list of values.
    return isInputRequiredResult(completed) ? NOTHING : completed
  } catch (error) {
    const { MethodNotFound } = ProtocolErrorCode
    if (error instanceof RelayedError && error.from === MethodNotFound) return NOTHING
    throw error
  }
}

/** Servers that send more than they may are known. */
function shorten (result: Record<string, unknown>): Record<string, unknown> {
  const { completion } = result
  if (!isObject(completion) || !Array.isArray(completion['values'])) return result
  const values = completion['values'].slice(0, MAX_VALUES)
  return { completion: { ...completion, values } }
}
