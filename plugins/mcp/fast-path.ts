// The lane for what nearly every request is: a plain, well-formed message whose answer is one JSON object. It only ever
// says yes; whatever is unusual goes to the SDK's lane (MCP 2026-07-28 and 2025-11-25).
import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  isInputRequiredResult,
  PROTOCOL_VERSION_META_KEY,
  ProtocolError,
  SERVER_INFO_META_KEY,
  SUPPORTED_PROTOCOL_VERSIONS,
  type CallToolResult,
  type Implementation,
  type JSONRPCRequest
} from '@modelcontextprotocol/server'
import { callTool } from './handlers/tool-call.ts'
import type { CallServices } from './handlers/contract.ts'
import type { CallableTool } from './handlers/tools.ts'
import type { McpResponse, McpRequest, McpHandler } from './contract.ts'
import type { Offered } from './sdk/server.ts'
import { MODERN_VERSION } from './protocol-versions.ts'

export interface FastPathOptions extends Pick<Offered, 'catalogue'> {
  house: CallServices
  serverInfo: Implementation
  /** Answers everything; what it says of a list is said again as long as the same is offered. */
  sdkLane: McpHandler
}

export interface FastPath {
  /** @returns undefined for an exchange that is not for this lane; it has not been touched then. */
  serve(exchange: McpRequest): Promise<McpResponse> | undefined
  /** To be called when something else is offered. */
  forget(): void
}

/** Requests whose answer is the same until something else is offered. */
const FIXED = new Set(['ping', 'server/discover', 'tools/list', 'prompts/list', 'resources/templates/list'])
/** Answers kept: by version, method and scopes, of which there are few. */
const MAX_CACHED = 500
const JSON_HEADERS = { 'content-type': 'application/json' }

export function createFastPath ({ catalogue, house, serverInfo, sdkLane }: FastPathOptions): FastPath {
  const modernEnd = `"resultType":"complete","_meta":${JSON.stringify({ [SERVER_INFO_META_KEY]: serverInfo })}}`
  let kept = new Map<string, string>()

  async function fixed (request: JSONRPCRequest, exchange: McpRequest, key: string): Promise<McpResponse> {
    const known = kept.get(key)
    if (known !== undefined) return answer(request.id, known)
    const answers = kept
    const first = await sdkLane(exchange)
    const { result } = typeof first.body === 'string' ? (JSON.parse(first.body) as { result?: unknown }) : {}
    if (first.status === 200 && result !== undefined && answers.size < MAX_CACHED) { answers.set(key, JSON.stringify(result)) }
    return first
  }

  async function call (
    request: JSONRPCRequest,
    callable: CallableTool,
    exchange: McpRequest,
    isModern: boolean
  ): Promise<McpResponse> {
    try {
      const result = await callTool(callable, request.params!['arguments'], exchange, house)
      // Whether this client may be asked that, and how, is the SDK's to say; a tool that asks is made to be run again.
      if (isInputRequiredResult(result)) return await sdkLane(exchange)
      // What a tool adds to `_meta` is rare: the SDK's own way of writing it is followed in full.
      if (result['_meta'] !== undefined) { return answer(request.id, JSON.stringify(isModern ? withServerInfo(result, serverInfo) : result)) }
      const text = JSON.stringify(result)
      return answer(request.id, isModern ? `${text.slice(0, -1)},${modernEnd}` : text)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      const { code, message, data } = error
      return {
        status: 200,
        headers: JSON_HEADERS,
        body: JSON.stringify({
          jsonrpc: '2.0',
          id: request.id,
          error: { code, message, ...(data !== undefined && { data }) }
        })
      }
    }
  }

  function serve (exchange: McpRequest): Promise<McpResponse> | undefined {
    const { body, headers, access } = exchange
    if (Array.isArray(body) || !('id' in body) || headers['mcp-session-id'] !== undefined) return undefined
    const version = versionOf(body, exchange)
    if (version === undefined) return undefined
    const isModern = version === MODERN_VERSION
    const { method, params = {} } = body
    const key = `${version} ${method} ${access?.scopes.join(' ')}`
    if (FIXED.has(method)) { return hasOnly(params, ['_meta']) && !(isModern && method === 'ping') ? fixed(body, exchange, key) : undefined }
    if (method === 'initialize') {
      return !isModern && isPlainInitialize(params)
        ? fixed(body, exchange, `${key} ${params['protocolVersion']}`)
        : undefined
    }
    if (method !== 'tools/call' || !hasOnly(params, ['name', 'arguments', '_meta'])) return undefined
    const { name, arguments: args } = params
    const callable = typeof name === 'string' ? catalogue.find(name) : undefined
    if (
      !callable ||
      callable.headers.size > 0 ||
      (args !== undefined && !isObject(args)) ||
      (isModern && headers['mcp-name'] !== name)
    ) { return undefined }
    return call(body, callable, exchange, isModern)
  }

  return {
    serve,
    forget: () => {
      kept = new Map()
    }
  }
}

/** The version that the request is plainly of, in its headers and in its body. */
function versionOf ({ method, params }: JSONRPCRequest, { headers }: McpRequest): string | undefined {
  const meta = params?._meta as Record<string, unknown> | undefined
  const version = headers['mcp-protocol-version']
  if (version !== MODERN_VERSION) {
    // A progress token asks for a stream, and an envelope for the other era.
    const isPlainMeta =
      meta === undefined ||
      (isObject(meta) &&
        Object.keys(meta).every((key) => key !== 'progressToken' && !key.startsWith('io.modelcontextprotocol/')))
    return isPlainMeta && (version === undefined || SUPPORTED_PROTOCOL_VERSIONS.includes(version))
      ? (version ?? 'unnamed')
      : undefined
  }
  if (headers['mcp-method'] !== method || !isObject(meta) || meta[PROTOCOL_VERSION_META_KEY] !== version) { return undefined }
  const isKnown = Object.keys(meta).every(
    (key) => ENVELOPE.has(key) || (key !== 'progressToken' && !key.startsWith('io.modelcontextprotocol/'))
  )
  const { [CLIENT_CAPABILITIES_META_KEY]: capabilities, [CLIENT_INFO_META_KEY]: info } = meta
  return isKnown &&
    isObject(capabilities) &&
    Object.values(capabilities).every(isPlainCapability) &&
    (info === undefined || isClientInfo(info))
    ? version
    : undefined
}

const ENVELOPE = new Set<string>([PROTOCOL_VERSION_META_KEY, CLIENT_CAPABILITIES_META_KEY, CLIENT_INFO_META_KEY])

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isEmpty = (value: unknown): boolean => isObject(value) && Object.keys(value).length === 0
const hasOnly = (params: object, allowed: readonly string[]): boolean =>
  Object.keys(params).every((key) => allowed.includes(key))
const isPlainCapability = (value: unknown): boolean => isObject(value) && Object.values(value).every(isEmpty)
const isClientInfo = (value: unknown): boolean =>
  isObject(value) &&
  Object.keys(value).length === 2 &&
  typeof value['name'] === 'string' &&
  typeof value['version'] === 'string'

/** Of a client that cannot be asked back, so that no session begins. */
const isPlainInitialize = (params: Record<string, unknown>): boolean =>
  hasOnly(params, ['protocolVersion', 'capabilities', 'clientInfo']) &&
  SUPPORTED_PROTOCOL_VERSIONS.includes(String(params['protocolVersion'])) &&
  isEmpty(params['capabilities']) &&
  isClientInfo(params['clientInfo'])

const answer = (id: string | number, result: string): McpResponse => ({
  status: 200,
  headers: JSON_HEADERS,
  body: `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`
})

const withServerInfo = (result: CallToolResult | Record<string, unknown>, serverInfo: Implementation) => ({
  resultType: 'complete',
  ...result,
  _meta: { [SERVER_INFO_META_KEY]: serverInfo, ...(result['_meta'] as object | undefined) }
})
