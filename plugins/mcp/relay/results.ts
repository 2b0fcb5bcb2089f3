// Results of upstreams as this server's clients get them: checked as the SDK checks ours, so that both paths answer alike,
// and without what only this server may say (MCP "Data Types").
import { specTypeSchemas, type CallToolResult } from '@modelcontextprotocol/server'
import { isObject } from '../../is-object.ts'
import { UpstreamError } from '../../upstreams/contract.ts'
import { isReservedMeta } from './exchange.ts'

type Result = Record<string, unknown>
type Checked = 'CallToolResult' | 'GetPromptResult' | 'ReadResourceResult' | 'CompleteResult'

/**
 * @param members what is passed on, besides `_meta`.
 * @throws UpstreamError malformed, for what is no such result.
 */
export function readResult<Name extends Checked> (
  upstream: string,
  name: Name,
  result: Result,
  members: readonly string[]
): Result {
  const checked = specTypeSchemas[name]['~standard'].validate(result) as { value?: Result; issues?: unknown }
  if (checked.issues !== undefined || checked.value === undefined) {
    throw new UpstreamError(upstream, 'malformed', `its answer is no ${name}`)
  }
  const { value } = checked
  const passed: Result = {}
  for (const member of members) {
    if (value[member] !== undefined) passed[member] = value[member]
  }
  const meta = withoutReserved(value['_meta'])
  if (meta !== undefined) passed['_meta'] = meta
  return passed
}

/** @returns undefined for nothing that can be passed on. */
function withoutReserved (meta: unknown): Result | undefined {
  const passed = Object.entries((meta ?? {}) as Result).filter(([key]) => !isReservedMeta(key))
  return passed.length === 0 ? undefined : Object.fromEntries(passed)
}

/** More would only be a page that no client shows. */
const MAX_LISTED = 1_000

/** @returns the entries of a page that are resources; an odd one never costs the others. */
export function readListed ({ resources, nextCursor }: Result): { listed: Array<{ uri: string }>; next: string | undefined } {
  const { validate } = specTypeSchemas.Resource['~standard']
  const entries: unknown[] = Array.isArray(resources) ? resources.slice(0, MAX_LISTED) : []
  const listed = entries.flatMap((entry) => {
    const checked = validate(entry) as { value?: { uri: string }; issues?: unknown }
    return checked.value && checked.issues === undefined ? [checked.value] : []
  })
  return { listed, next: typeof nextCursor === 'string' ? nextCursor : undefined }
}

const TOOL_MEMBERS = ['content', 'structuredContent', 'isError']

/**
 * @param isModern whether the client speaks 2026-07-28. Before, structured content is an object, so anything else is
 * wrapped as the SDK does it.
 */
export function readToolResult (upstream: string, result: Result, isModern: boolean): CallToolResult {
  const read = readResult(upstream, 'CallToolResult', result, TOOL_MEMBERS) as CallToolResult
  const structured: unknown = read.structuredContent
  if (structured === undefined) return read
  if (isObject(structured)) return read
  const content = read.content.length > 0 ? read.content : [{ type: 'text' as const, text: JSON.stringify(structured) }]
  return { ...read, content, ...(!isModern && { structuredContent: { result: structured } }) }
}
