// Arguments that a client repeats in headers, for proxies to read: both must have the same value (MCP "Custom Headers
// from Tool Parameters").
import type { CallableTool, JsonObjectSchema } from './handlers/callable-tool.ts'
import type { McpRequest } from './contract.ts'

/** MCP "Error codes": HeaderMismatch. */
export const HEADER_MISMATCH = -32020
const ENCODED = /^=\?base64\?(.*)\?=$/
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** @returns the arguments that a schema wants to have repeated in a header, by that header in lower case. */
export function headersOf ({ properties = {} }: JsonObjectSchema): Map<string, string> {
  const headers = new Map<string, string>()
  for (const [argument, schema] of Object.entries(properties)) {
    const header = (schema as { 'x-mcp-header'?: unknown } | null)?.['x-mcp-header']
    if (typeof header === 'string') headers.set(`mcp-param-${header.toLowerCase()}`, argument)
  }
  return headers
}

/** @returns a sentence about the first header that does not match the body. */
export function findHeaderMismatch (
  { headers: declared }: Pick<CallableTool, 'headers'>,
  args: unknown,
  { headers }: Pick<McpRequest, 'headers'>
): string | undefined {
  for (const [header, argument] of declared) {
    const value =
      typeof args === 'object' && args !== null && Object.hasOwn(args, argument)
        ? (args as Record<string, unknown>)[argument]
        : undefined
    const sent = headers[header]
    const isAbsent = value === undefined || value === null
    if (isAbsent && sent === undefined) continue
    if (isAbsent) return `the header ${header} was sent, but the argument ${argument} was not`
    if (sent === undefined) return `the argument ${argument} must be repeated in the header ${header}`
    if (!matches(sent, value)) return `the header ${header} does not match the argument ${argument}`
  }
  return undefined
}

function matches (header: string, value: unknown): boolean {
  const encoded = ENCODED.exec(header)?.[1]
  if (encoded !== undefined && !BASE64.test(encoded)) return false
  const text = encoded === undefined ? header : Buffer.from(encoded, 'base64').toString()
  // Not one of the values that a header can have; a client may send anything, such as `{ "toString": 1 }`.
  if (typeof value === 'object') return false
  // Integers compare as numbers, everything else as text.
  return typeof value === 'number' ? text !== '' && Number(text) === value : text === String(value)
}
