// Results of upstreams as this server's clients get them: checked as the SDK checks ours, so that both paths answer alike,
// and without what only this server may say (MCP "Data Types").
import { specTypeSchemas, type CallToolResult } from '@modelcontextprotocol/server'
import { isObject } from '../../is-object.ts'
import { hasMoreValues } from '../../json-size.ts'
import { UpstreamError } from '../../upstreams/contract.ts'
import { hiddenParts, hideInside, hideInTexts } from '../../upstreams/without-secrets.ts'
import { isReservedMeta } from './exchange.ts'

type Result = Record<string, unknown>
type Checked = 'CallToolResult' | 'GetPromptResult' | 'ReadResourceResult' | 'CompleteResult'

/** The entries of each are checked one by one, so that the first odd one ends the check. */
const LISTS = ['content', 'messages', 'contents']
/** Of a result, besides structured content, which no schema looks into. Checking one costs up to 10 µs. */
const MAX_VALUES = 8_000

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
  if (hasMoreValues({ ...result, structuredContent: undefined }, MAX_VALUES)) {
    throw new UpstreamError(upstream, 'malformed', 'its answer has too many members')
  }
  const value = check(name, result)
  if (value === undefined) throw new UpstreamError(upstream, 'malformed', `its answer is no ${name}`)
  const passed: Result = {}
  for (const member of members) {
    if (value[member] !== undefined) passed[member] = value[member]
  }
  const meta = withoutReserved(value['_meta'])
  if (meta !== undefined) passed['_meta'] = meta
  return passed
}

/** @returns undefined for what is no such result. An entry that fails has tried every kind of block, and what each lacks. */
function check (name: Checked, result: Result): Result | undefined {
  const validate = (part: Result): Result | undefined => {
    const checked = specTypeSchemas[name]['~standard'].validate(part) as { value?: Result; issues?: unknown }
    return checked.issues === undefined ? checked.value : undefined
  }
  const list = LISTS.find((member) => Array.isArray(result[member]))
  if (list === undefined) return validate(result)
  const value = validate({ ...result, [list]: [] })
  const entries: unknown[] = []
  for (const entry of result[list] as unknown[]) {
    const checked = value && validate({ [list]: [entry] })
    if (checked === undefined) return undefined
    entries.push((checked[list] as unknown[])[0])
  }
  return value && { ...value, [list]: entries }
}

/** @returns undefined for nothing that can be passed on. */
function withoutReserved (meta: unknown): Result | undefined {
  const passed = Object.entries((meta ?? {}) as Result).filter(([key]) => !isReservedMeta(key))
  return passed.length === 0 ? undefined : Object.fromEntries(passed)
}

/** More would only be a page that no client shows. */
const MAX_LISTED = 1_000
/** Of one entry: a name, texts, a few icons. */
const MAX_LISTED_VALUES = 200

/** A page of a list as it came: each entry is looked at apart, so that others have a turn in between. */
export function readPage ({ resources, nextCursor }: Result): { entries: readonly unknown[]; next: string | undefined } {
  const entries: unknown[] = Array.isArray(resources) ? resources.slice(0, MAX_LISTED) : []
  return { entries, next: typeof nextCursor === 'string' ? nextCursor : undefined }
}

/** @returns undefined for an entry that is no resource; an odd one never costs the others. */
export function readListed (entry: unknown): { uri: string } | undefined {
  if (hasMoreValues(entry, MAX_LISTED_VALUES)) return undefined
  const { value, issues } = specTypeSchemas.Resource['~standard'].validate(entry) as { value?: { uri: string }; issues?: unknown }
  return issues === undefined ? value : undefined
}

const TOOL_MEMBERS = ['content', 'structuredContent', 'isError']

/**
 * What a tool fails with are words as well, in which programs repeat what they have sent; other results are data.
 * @param secrets of the file.
 */
export function hideInFailure ({ structuredContent, _meta, ...words }: CallToolResult, secrets: readonly string[]): CallToolResult {
  const parts = hiddenParts(secrets)
  const hidden = { ...hideInTexts(words, parts), ...(_meta && { _meta: hideInside(_meta, parts) as Result }) }
  // One that would take long to look through says less than the words beside it.
  if (structuredContent === undefined || hasMoreValues(structuredContent, MAX_VALUES)) return hidden
  return { ...hidden, structuredContent: hideInside(structuredContent, parts) as Result }
}

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
