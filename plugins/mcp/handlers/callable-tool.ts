// A tool that can be called, whosever it is: what lists and calls need to know of it (MCP "Tools"; OpenAI
// `securitySchemes`).
// Types only.
import type {
  CallToolResult,
  InputRequiredResult,
  Tool as ListedSchemas,
  ToolAnnotations
} from '@modelcontextprotocol/server'
import type { Tool, ToolScope } from '../../../authoring/tool.ts'
import type { Invocation } from './contract.ts'
import type { Caller } from './protocol-errors.ts'
import type { TIMED_OUT } from './timeout.ts'

/** One call of a tool. */
export interface ToolCall extends Caller {
  args: unknown
  log: Invocation<unknown>['log']
  /** Milliseconds. */
  timeout: number
}

/** A tool that can be called, whosever it is. */
export interface CallableTool {
  name: string
  /** The name of the upstream that has it; absent for one of ours. */
  upstream?: string
  annotations: ToolAnnotations
  scopes: readonly ToolScope[]
  noauth?: boolean | undefined
  /** Milliseconds that it may run; the server's own limit if absent. */
  timeout?: number | undefined
  /**
   * The arguments that are repeated in a header (MCP "Custom Headers from Tool Parameters"), by header in lower case.
   */
  headers: ReadonlyMap<string, string>
  /** The former name it was called by, if so. */
  formerName?: string
  listed: ListedTool
  /**
   * @returns the result, the questions to ask first, or {@link TIMED_OUT}.
   * @throws what the tool throws; ProtocolError for what is not its business.
   */
  call(call: ToolCall): Promise<CallToolResult | InputRequiredResult | typeof TIMED_OUT>
}

export interface ListedTool extends Pick<Tool, 'name' | 'icons'> {
  title?: string
  description?: string
  annotations?: ToolAnnotations
  inputSchema: JsonObjectSchema
  outputSchema?: JsonObjectSchema
  securitySchemes?: SecurityScheme[]
  _meta?: Record<string, unknown>
}

export type SecurityScheme = { type: 'oauth2'; scopes: readonly string[] } | { type: 'noauth' }
export type JsonObjectSchema = ListedSchemas['inputSchema']
