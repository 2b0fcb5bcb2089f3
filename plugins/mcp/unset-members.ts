// Members that libraries of Go, Java and C# write as null where they mean "not set", and an `initialize` that says nothing
// of its client, as people type it to try a server out (JSON-RPC 2.0 §4.2; MCP 2025-11-25 "Lifecycle").
import { LATEST_PROTOCOL_VERSION } from '@modelcontextprotocol/server'
import { isObject } from '../is-object.ts'

/** Optional members of `params`, in every method that has them. */
const OPTIONAL = ['_meta', 'arguments', 'cursor'] as const

/** MCP "Version Negotiation": the newest version of the era answers a client that names none. */
const SILENT_CLIENT = {
  protocolVersion: LATEST_PROTOCOL_VERSION,
  capabilities: {},
  clientInfo: { name: 'unknown', version: '0' }
}

/**
 * @param body a parsed message, of any shape.
 * @returns the body without optional members that are null, and an `initialize` with what it leaves out; other faults stay
 * for the checks that follow.
 */
export function withoutUnsetMembers (body: unknown): unknown {
  if (!isObject(body)) return body
  const isSilent = body['method'] === 'initialize'
  const { params, ...rest } = body
  if (params === null && !isSilent) return rest
  const given = isSilent ? (params ?? {}) : params
  if (!isObject(given)) return body
  const unset = OPTIONAL.filter((name) => given[name] === null)
  if (!isSilent && unset.length === 0) return body
  const set = Object.entries(given).filter(([name]) => !unset.some((one) => one === name))
  return { ...body, params: { ...(isSilent && SILENT_CLIENT), ...Object.fromEntries(set) } }
}
