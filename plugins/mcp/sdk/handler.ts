// Answers every request by the official SDK's server, in both protocol eras, without sessions (MCP 2026-07-28
// "Versioning"; 2025-11-25 "Streamable HTTP").
import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  createMcpHandler,
  isLegacyRequest,
  legacyStatelessFallback,
  ProtocolErrorCode,
  SUBSCRIPTION_ID_META_KEY,
  SUPPORTED_PROTOCOL_VERSIONS,
  WebStandardStreamableHTTPServerTransport,
  type McpServerFactory,
  type RequestId,
  type SubscriptionsAcknowledgedNotification
} from '@modelcontextprotocol/server'
import { refuseManyValues } from '../checked-values.ts'
import type { CallServices } from '../handlers/contract.ts'
import type { Resources } from '../handlers/resources.ts'
import type { ToolRegistry } from '../handlers/tools.ts'
import type { McpResponse, McpRequest, McpHandler, Message } from '../contract.ts'
import type { Subscriptions } from '../streams/subscriptions.ts'
import { paramHeaderMismatch, unsupportedVersion } from './refusals.ts'
import { authInfo } from './server.ts'
import { SSE_HEADERS } from '../streams/sse.ts'
import { findUriFault } from '../streams/subscribed-uris.ts'
import { disconnected, toResponse, toWebRequest } from './web-request.ts'

export interface SdkHandlerOptions {
  factory: McpServerFactory
  tools: ToolRegistry
  resources: Pick<Resources, 'follow'>
  services: CallServices
  onError(error: Error): void
  /** The streams of 2026-07-28. */
  subscriptions: Subscriptions
  /** See {@link Sessions.serve}. */
  sessions(mcpRequest: McpRequest, initialize: McpHandler): Promise<McpResponse | undefined>
}

export function createSdkHandler (options: SdkHandlerOptions): McpHandler {
  const serveModern = createModernHandler(options)
  const serveLegacy = createLegacyHandler(options)
  return async (mcpRequest) => {
    refuseManyValues(mcpRequest.body)
    const { headers, body } = mcpRequest
    return (await isLegacyRequest(toWebRequest({ headers }), body)) ? serveLegacy(mcpRequest) : serveModern(mcpRequest)
  }
}

/** MCP 2026-07-28. */
function createModernHandler (options: SdkHandlerOptions): McpHandler {
  const { factory, tools, onError } = options
  const modern = createMcpHandler(factory, { legacy: 'reject', onerror: onError })
  // Only checks and confirms a subscription: the streams are this server's own.
  const confirming = createMcpHandler(factory, { legacy: 'reject', keepAliveMs: 0, onerror: onError })
  return async (mcpRequest) => {
    const mismatch = paramHeaderMismatch(mcpRequest, tools)
    if (mismatch) return toResponse(mismatch)
    const request = toWebRequest(mcpRequest)
    const call = { parsedBody: mcpRequest.body, authInfo: authInfo(mcpRequest) }
    return (mcpRequest.body as Message).method === 'subscriptions/listen'
      ? subscribe(await confirming.fetch(request, call), mcpRequest, options)
      : toResponse(await modern.fetch(request, call))
  }
}

/** The `initialize` era. */
function createLegacyHandler ({ factory, sessions, onError }: SdkHandlerOptions): McpHandler {
  const streaming = legacyStatelessFallback(factory, onError)
  return async (mcpRequest) => {
    const version = mcpRequest.headers['mcp-protocol-version']
    if (version !== undefined && !SUPPORTED_PROTOCOL_VERSIONS.includes(version)) {
      return toResponse(unsupportedVersion(version, mcpRequest))
    }
    // What a session answers goes on when its client is disconnected.
    const inSession = await sessions(mcpRequest, (first) => answerJson(factory, first))
    if (inSession) return inSession
    if (!wantsProgress(mcpRequest)) return answerJson(factory, mcpRequest)
    const response = await streaming(toWebRequest(mcpRequest), { parsedBody: mcpRequest.body, authInfo: authInfo(mcpRequest) })
    return toResponse(response)
  }
}

/**
 * Answers with one JSON object: the SDK's own legacy handler always opens an event stream, which a client that accepts
 * only JSON cannot read.
 */
async function answerJson (factory: McpServerFactory, mcpRequest: McpRequest): Promise<McpResponse> {
  const auth = authInfo(mcpRequest, beginsSession(mcpRequest) ? STATELESS_SESSION : undefined)
  const server = await factory({ era: 'legacy', authInfo: auth })
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true })
  await server.connect(transport)
  try {
    const answer = transport.handleRequest(toWebRequest(mcpRequest), { parsedBody: mcpRequest.body, authInfo: auth })
    const response = await Promise.race([answer, disconnected(mcpRequest.signal)])
    // All results of a batch have just been written as one text, and are read again: others have a turn between the two.
    if (Array.isArray(mcpRequest.body)) await nextTurn()
    return await toResponse(response)
  } finally {
    await server.close()
  }
}

/** Takes over a stream that the SDK has confirmed; anything else it answers is the response. */
async function subscribe (
  response: Response,
  request: McpRequest,
  { subscriptions, resources, services }: SdkHandlerOptions
): Promise<McpResponse> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return toResponse(response)
  const reader = response.body!.getReader()
  const first = new TextDecoder().decode((await reader.read()).value)
  await reader.cancel()
  const { access, address } = request
  const { params } = JSON.parse(first.slice(first.indexOf('{'))) as SubscriptionsAcknowledgedNotification
  const id = params._meta![SUBSCRIPTION_ID_META_KEY] as RequestId
  const fault = findUriFault(params.notifications.resourceSubscriptions ?? [])
  if (fault !== undefined) {
    const error = { code: ProtocolErrorCode.InvalidParams, message: `Invalid params: ${fault}` }
    return toResponse(Response.json({ jsonrpc: '2.0', error, id }))
  }
  if (!subscriptions.hasRoom({ access, address })) {
    const error = { code: ProtocolErrorCode.InternalError, message: 'Too many streams are open: try again later' }
    const init = { status: 503, headers: { 'retry-after': '60' } }
    return toResponse(Response.json({ jsonrpc: '2.0', error, id }, init))
  }
  // One that is not there, or does not answer, is not reported; the others are.
  for (const uri of params.notifications.resourceSubscriptions ?? []) {
    resources.follow(uri, { request, services }).catch((err: unknown) => request.log.debug({ err }, 'a resource is not followed'))
  }
  return {
    status: 200,
    headers: SSE_HEADERS,
    body: (raw) => subscriptions.open(raw, { id, filter: params.notifications, access, address })
  }
}

/** The answer to `initialize` promises what a session can do; there is nothing to store before it has begun. */
const STATELESS_SESSION = { logs: false, async subscribe () {}, async unsubscribe () {} }

/**
 * MCP 2025-11-25 "Sampling", "Elicitation", "Roots": only a client that declares one of them can be asked back, and only
 * a session can carry its answer. A caller who has not signed in gets none: it would be stored for anyone who asks.
 */
export function beginsSession ({ body, isStranger }: Pick<McpRequest, 'body' | 'isStranger'>): boolean {
  if (isStranger || Array.isArray(body) || body.method !== 'initialize' || !('id' in body)) return false
  const { elicitation, sampling, roots } = Object(body.params?.['capabilities']) as Record<string, unknown>
  return [elicitation, sampling, roots].some((capability) => typeof capability === 'object' && capability !== null)
}

const wantsProgress = ({ body, acceptsEvents }: McpRequest): boolean =>
  acceptsEvents &&
  !Array.isArray(body) &&
  (body.params?._meta as { progressToken?: unknown } | undefined)?.progressToken !== undefined
