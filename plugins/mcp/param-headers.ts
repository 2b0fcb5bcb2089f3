// Arguments that a client repeats in headers, for proxies to read: the two must say the same (MCP "Custom Headers from
// Tool Parameters").
import type { CallableTool } from './handlers/tools.ts'
import type { McpRequest } from './contract.ts'

/** MCP "Error codes": HeaderMismatch. */
export const HEADER_MISMATCH = -32020
const WRAPPED = /^=\?base64\?(.*)\?=$/
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** @returns a sentence for the first header that does not say what the body says. */
export function findHeaderMismatch (
  { headers: declared }: CallableTool,
  args: unknown,
  { headers }: Pick<McpRequest, 'headers'>
): string | undefined {
  for (const [header, argument] of declared) {
    const value =
      typeof args === 'object' && args !== null && Object.hasOwn(args, argument)
        ? (args as Record<string, unknown>)[argument]
        : undefined
    const sent = headers[header]
    const absent = value === undefined || value === null
    if (absent && sent === undefined) continue
    if (absent) return `the header ${header} was sent, but the argument ${argument} was not`
    if (sent === undefined) return `the argument ${argument} has to be repeated in the header ${header}`
    if (!says(sent, value)) return `the header ${header} does not say what the argument ${argument} says`
  }
  return undefined
}

function says (header: string, value: unknown): boolean {
  const wrapped = WRAPPED.exec(header)?.[1]
  if (wrapped !== undefined && !BASE64.test(wrapped)) return false
  const text = wrapped === undefined ? header : Buffer.from(wrapped, 'base64').toString()
  // Integers compare as numbers; everything else letter by letter.
  return typeof value === 'number' ? text !== '' && Number(text) === value : text === String(value)
}
