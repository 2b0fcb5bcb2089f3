// Arguments that a tool wants repeated in headers, for proxies to read (MCP "Custom Headers from Tool Parameters").
// Tested in test/plugins/upstreams/connections/connect.test.ts.

const PLAIN = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/
/** RFC 9110 §5.6.2: a token. */
const NAME = /^[!#$%&'*+.^_`|~\dA-Za-z-]{1,100}$/

/** @returns the headers of a call; undefined for none. What is not visible ASCII is encoded, as the protocol says. */
export function customHeaders (
  { properties = {} }: { properties?: Record<string, unknown> | undefined },
  args: unknown
): Record<string, string> | undefined {
  const headers: Record<string, string> = {}
  for (const [argument, schema] of Object.entries(properties)) {
    const header = (schema as { 'x-mcp-header'?: unknown } | null)?.['x-mcp-header']
    const value = (args as Record<string, unknown> | undefined)?.[argument]
    if (typeof header !== 'string' || !NAME.test(header) || !['string', 'number', 'boolean'].includes(typeof value)) continue
    headers[`mcp-param-${header}`] = encode(String(value))
  }
  return Object.keys(headers).length > 0 ? headers : undefined
}

const encode = (value: string): string =>
  PLAIN.test(value) && !value.startsWith('=?') ? value : `=?base64?${Buffer.from(value).toString('base64')}?=`
