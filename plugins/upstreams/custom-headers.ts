// Arguments that a tool wants repeated in headers, for proxies to read (MCP "Custom Headers from Tool Parameters").
import type { UpstreamTool } from './contract.ts'

const PLAIN = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/
/** RFC 9110 §5.6.2: a token. */
const NAME = /^[!#$%&'*+.^_`|~\dA-Za-z-]{1,100}$/

interface Schema {
  properties?: Record<string, unknown> | undefined
}

const headerOf = (schema: unknown): unknown => (schema as { 'x-mcp-header'?: unknown } | null)?.['x-mcp-header']

/** @returns the schemas of the few tools that want some, by their own names: every call looks here. */
export const findWantingHeaders = (tools: ReadonlyArray<Pick<UpstreamTool, 'ownName' | 'listed'>>): ReadonlyMap<unknown, Schema> =>
  new Map(
    tools
      .filter(({ listed }) => Object.values(listed.inputSchema.properties ?? {}).some((schema) => headerOf(schema) !== undefined))
      .map(({ ownName, listed }) => [ownName, listed.inputSchema])
  )

/** @returns the headers of a call; undefined for none. What is not visible ASCII is encoded, as the protocol says. */
export function customHeaders (
  { properties = {} }: Schema,
  args: unknown
): Record<string, string> | undefined {
  const headers: Record<string, string> = {}
  for (const [argument, schema] of Object.entries(properties)) {
    const header = headerOf(schema)
    const value = (args as Record<string, unknown> | undefined)?.[argument]
    if (typeof header !== 'string' || !NAME.test(header) || !['string', 'number', 'boolean'].includes(typeof value)) continue
    headers[`mcp-param-${header}`] = encode(String(value))
  }
  return Object.keys(headers).length > 0 ? headers : undefined
}

const encode = (value: string): string =>
  PLAIN.test(value) && !value.startsWith('=?') ? value : `=?base64?${Buffer.from(value).toString('base64')}?=`
