// The fast path: answers what nearly every request is, a plain and well-formed message whose answer is one JSON object.
// It answers exactly as the SDK's handler would, or leaves the request to it
// (test/plugins/mcp/fast-path.test.ts, test/plugins/mcp/kept-answers.test.ts; MCP 2026-07-28 and 2025-11-25).
//
//   The request                                            | The fast path
//   -------------------------------------------------------|-----------------------------------------------------
//   a batch, a notification, one of a session              | leaves it
//   headers or `_meta` with anything unusual               | leaves it (plain-request.ts)
//   ping, server/discover, tools/list, prompts/list,       | has the SDK answer once for each version, scopes and
//   resources/templates/list, with `_meta` alone           |   rights, then repeats that answer until these change
//   `initialize` of a client that cannot be asked back     | the same
//   tools/call of a known tool, with arguments as an       | runs the tool, and leaves only the questions of one of
//   object, without `task`, headers or retry               |   ours to the SDK, which runs it again
//   anything else                                          | leaves it
import {
  isInputRequiredResult,
  ProtocolError,
  SERVER_INFO_META_KEY,
  type CallToolResult,
  type Implementation,
  type InputRequiredResult,
  type JSONRPCRequest
} from '@modelcontextprotocol/server'
import type { CallServices } from './handlers/contract.ts'
import { callTool } from './handlers/tool-call.ts'
import type { CallableTool } from './handlers/callable-tool.ts'
import type { McpHandler, McpRequest, McpResponse } from './contract.ts'
import { isObject } from '../is-object.ts'
import { hasOnly, isPlainInitialize, plainVersionOf } from './plain-request.ts'
import { resourceScopes } from '../oauth/scopes.ts'
import { createAnswers } from './kept-answers.ts'
import { MODERN_VERSION } from './protocol-versions.ts'
import type { Offered } from './sdk/contract.ts'

export interface FastPathOptions extends Pick<Offered, 'tools'> {
  services: CallServices
  serverInfo: Implementation
  /** Answers everything; its answer to a list is repeated as long as the same is offered. */
  sdkHandler: McpHandler
}

export interface FastPath {
  /** @returns undefined for a request that is not for the fast path; it has not been touched then. */
  serve(mcpRequest: McpRequest): Promise<McpResponse> | undefined
  /** Drops the cached answers; to be called when something else is offered. */
  forget(): void
}

/** What a request is to the fast path. */
type Decision =
  | { kind: 'cached'; message: JSONRPCRequest; key: string }
  | { kind: 'call'; message: JSONRPCRequest; tool: CallableTool; isModern: boolean }

/** Requests with the same answer until something else is offered. */
const CACHEABLE = new Set(['ping', 'server/discover', 'tools/list', 'prompts/list', 'resources/templates/list'])
/** A longer answer is kept as bytes: to encode it again takes longer than all else that is done for the request. */
const MIN_BYTES = 2_048
const END = Buffer.from('}')
const JSON_HEADERS = { 'content-type': 'application/json' }

export function createFastPath ({ tools, services, serverInfo, sdkHandler }: FastPathOptions): FastPath {
  const modernEnd = `"resultType":"complete","_meta":${JSON.stringify({ [SERVER_INFO_META_KEY]: serverInfo })}}`
  let cache = createAnswers()

  async function answerCached (message: JSONRPCRequest, mcpRequest: McpRequest, key: string): Promise<McpResponse> {
    const cached = cache.get(key)
    if (cached !== undefined) return toResponse(message.id, cached)
    const answers = cache
    const response = await sdkHandler(mcpRequest)
    const { result } = typeof response.body === 'string' ? (JSON.parse(response.body) as { result?: unknown }) : {}
    if (response.status === 200 && result !== undefined) {
      const json = JSON.stringify(result)
      answers.set(key, json.length < MIN_BYTES ? json : Buffer.from(json))
    }
    return response
  }

  async function answerCall (
    message: JSONRPCRequest,
    tool: CallableTool,
    mcpRequest: McpRequest,
    isModern: boolean
  ): Promise<McpResponse> {
    try {
      const result = await callTool(tool, message.params!['arguments'], mcpRequest, services)
      if (isInputRequiredResult(result)) {
        // Whether and how this client may be asked is decided by the SDK. A tool of ours that asks can be run again; what
        // an upstream asks has been compared with what the client can do already.
        if (tool.upstream === undefined) return await sdkHandler(mcpRequest)
        return toResponse(message.id, JSON.stringify(withServerInfo(result, serverInfo)))
      }
      return toResponse(message.id, isModern ? toModernJson(result) : JSON.stringify(result))
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      return toErrorResponse(message.id, error)
    }
  }

  function toModernJson (result: CallToolResult): string {
    // A tool rarely adds to `_meta`; then the members are merged as the SDK does it.
    if (result['_meta'] !== undefined) return JSON.stringify(withServerInfo(result, serverInfo))
    return appendMembers(JSON.stringify(result), modernEnd)
  }

  return {
    serve (mcpRequest) {
      const decision = decide(mcpRequest, tools)
      if (decision === undefined) return undefined
      return decision.kind === 'cached'
        ? answerCached(decision.message, mcpRequest, decision.key)
        : answerCall(decision.message, decision.tool, mcpRequest, decision.isModern)
    },
    forget: () => {
      cache = createAnswers()
    }
  }
}

/** The table above. @returns undefined for a request that the fast path leaves. */
function decide (mcpRequest: McpRequest, tools: Offered['tools']): Decision | undefined {
  const { body: message, headers, access, rights } = mcpRequest
  if (Array.isArray(message) || !('id' in message) || headers['mcp-session-id'] !== undefined) return undefined
  const version = plainVersionOf(message, headers)
  if (version === undefined) return undefined
  const isModern = version === MODERN_VERSION
  const { method, params = {} } = message
  // An app chooses the others and their order, and they change no answer.
  const scopes = access && resourceScopes.filter((scope) => access.scopes.includes(scope))
  const key = `${version} ${method} ${scopes?.join(' ')} ${rights.key}`
  if (CACHEABLE.has(method)) {
    if (!hasOnly(params, ['_meta']) || (isModern && method === 'ping')) return undefined
    return { kind: 'cached', message, key }
  }
  if (method === 'initialize') {
    if (isModern || !isPlainInitialize(params)) return undefined
    return { kind: 'cached', message, key: `${key} ${params['protocolVersion']}` }
  }
  if (method !== 'tools/call' || !hasOnly(params, ['name', 'arguments', '_meta'])) return undefined
  const { name, arguments: args } = params
  const tool = typeof name === 'string' ? tools.find(name, rights) : undefined
  if (!tool || tool.headers.size > 0 || (args !== undefined && !isObject(args))) return undefined
  if (isModern && headers['mcp-name'] !== name) return undefined
  return { kind: 'call', message, tool, isModern }
}

function toResponse (id: string | number, result: string | Buffer): McpResponse {
  const head = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":`
  const body = typeof result === 'string' ? `${head}${result}}` : Buffer.concat([Buffer.from(head), result, END])
  return { status: 200, headers: JSON_HEADERS, body }
}

function toErrorResponse (id: string | number, { code, message, data }: ProtocolError): McpResponse {
  const error = { code, message, ...(data !== undefined && { data }) }
  return { status: 200, headers: JSON_HEADERS, body: JSON.stringify({ jsonrpc: '2.0', id, error }) }
}

/** @param json of an object with at least one member. @param end more members as JSON, and the closing brace. */
const appendMembers = (json: string, end: string): string => `${json.slice(0, -1)},${end}`

const withServerInfo = (result: CallToolResult | InputRequiredResult, serverInfo: Implementation) => ({
  resultType: 'complete',
  ...result,
  _meta: { [SERVER_INFO_META_KEY]: serverInfo, ...(result['_meta'] as object | undefined) }
})
