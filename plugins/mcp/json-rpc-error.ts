// A request that is refused before any handler sees it, as a JSON-RPC error (JSON-RPC 2.0 §5.1; MCP 2026-07-28
// "Streamable HTTP").

/** Codes of JSON-RPC 2.0 §5.1 that the endpoint itself uses. */
export const PARSE_ERROR = -32700
export const INVALID_REQUEST = -32600
export const INTERNAL_ERROR = -32603

export class JsonRpcError extends Error {
  override readonly name = 'JsonRpcError'
  readonly statusCode: number
  readonly code: number
  /** The id of the refused request where it could be read, else `null`. */
  readonly id: string | number | null
  readonly headers: Readonly<Record<string, string>>

  constructor (
    statusCode: number,
    code: number,
    message: string,
    options: { id?: string | number | null; headers?: Record<string, string> } = {}
  ) {
    super(message)
    this.statusCode = statusCode
    this.code = code
    this.id = options.id ?? null
    this.headers = options.headers ?? {}
  }

  get body () {
    return { jsonrpc: '2.0', error: { code: this.code, message: this.message }, id: this.id }
  }
}
