// The lane that can answer everything: the official SDK's server, in both protocol eras, without sessions (MCP
// 2026-07-28 "Versioning"; 2025-11-25 "Streamable HTTP").
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import {
  createMcpHandler,
  isLegacyRequest,
  legacyStatelessFallback,
  ProtocolErrorCode,
  SUBSCRIPTION_ID_META_KEY,
  SUPPORTED_PROTOCOL_VERSIONS,
  UnsupportedProtocolVersionError,
  WebStandardStreamableHTTPServerTransport,
  type McpServerFactory,
  type RequestId,
  type SubscriptionsAcknowledgedNotification
} from '@modelcontextprotocol/server'
import type { ToolRegistry } from '../handlers/tools.ts'
import type { McpResponse, McpRequest, McpHandler, Message } from '../contract.ts'
import type { Subscriptions } from '../streams/subscriptions.ts'
import { findHeaderMismatch, HEADER_MISMATCH } from '../param-headers.ts'
import { authInfo } from './server.ts'
import { SSE_HEADERS } from '../sessions/sse-connection.ts'
import { findUriFault } from '../streams/subscribed-uris.ts'

export interface SdkHandlerOptions {
  factory: McpServerFactory
  catalogue: ToolRegistry
  onError(error: Error): void
  /** The streams of 2026-07-28. */
  subscriptions: Subscriptions
  /**
   * Answers what belongs to a session, and begins one where a client has to be asked back; undefined for everything
   * else.
   */
  sessions(
    exchange: McpRequest,
    initialize: (exchange: McpRequest) => Promise<McpResponse>
  ): Promise<McpResponse | undefined>
}

/** The SDK wants a URL and looks at nothing in it. */
const ANY_URL = 'http://mcp.invalid/'

export function createSdkHandler (options: SdkHandlerOptions): McpHandler {
  const { factory, catalogue } = options
  const modern = createMcpHandler(factory, { legacy: 'reject', onerror: options.onError })
  // Only checks what is asked for and confirms it: the streams are our own.
  const confirming = createMcpHandler(factory, { legacy: 'reject', keepAliveMs: 0, onerror: options.onError })
  const streaming = legacyStatelessFallback(factory, options.onError)

  const serveModern = async (exchange: McpRequest, request: Request): Promise<McpResponse> => {
    const mismatch = paramHeaderMismatch(exchange, catalogue)
    if (mismatch) return toAnswer(mismatch)
    const means = { parsedBody: exchange.body, authInfo: authInfo(exchange) }
    return (exchange.body as Message).method === 'subscriptions/listen'
      ? subscribe(await confirming.fetch(request, means), exchange, options.subscriptions)
      : toAnswer(await modern.fetch(request, means))
  }
  const serveLegacy = async (exchange: McpRequest, request: Request): Promise<McpResponse> => {
    const version = exchange.headers['mcp-protocol-version']
    if (version !== undefined && !SUPPORTED_PROTOCOL_VERSIONS.includes(version)) { return toAnswer(unsupportedVersion(version, exchange)) }
    const inSession = await options.sessions(exchange, (exchange) => answerJson(exchange, toRequest(exchange)))
    if (inSession) return inSession
    return wantsProgress(exchange)
      ? toAnswer(await streaming(request, { parsedBody: exchange.body, authInfo: authInfo(exchange) }))
      : answerJson(exchange, request)
  }
  /**
   * One JSON object: the SDK's own legacy serving always opens a stream of events, which a client that accepts only
   * JSON cannot read.
   */
  const answerJson = async (exchange: McpRequest, request: Request): Promise<McpResponse> => {
    const auth = authInfo(exchange, beginsSession(exchange) ? NOTHING_KEPT : undefined)
    const server = await factory({ era: 'legacy', authInfo: auth })
    const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true })
    await server.connect(transport)
    try {
      return await toAnswer(
        await Promise.race([
          transport.handleRequest(request, { parsedBody: exchange.body, authInfo: auth }),
          gone(exchange.signal)
        ])
      )
    } finally {
      await server.close()
    }
  }

  return async (exchange) => {
    const request = toRequest(exchange)
    return (await isLegacyRequest(request, exchange.body))
      ? serveLegacy(exchange, request)
      : serveModern(exchange, request)
  }
}

/** Takes over a stream that the SDK has confirmed; whatever else it says is the answer. */
async function subscribe (
  response: Response,
  { access }: McpRequest,
  subscriptions: Subscriptions
): Promise<McpResponse> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return toAnswer(response)
  const reader = response.body!.getReader()
  const first = new TextDecoder().decode((await reader.read()).value)
  await reader.cancel()
  const { params } = JSON.parse(first.slice(first.indexOf('{'))) as SubscriptionsAcknowledgedNotification
  const id = params._meta![SUBSCRIPTION_ID_META_KEY] as RequestId
  const fault = findUriFault(params.notifications.resourceSubscriptions ?? [])
  if (fault !== undefined) {
    return toAnswer(
      Response.json({
        jsonrpc: '2.0',
        error: { code: ProtocolErrorCode.InvalidParams, message: `Invalid params: ${fault}` },
        id
      })
    )
  }
  if (!subscriptions.hasRoom()) {
    const error = { code: ProtocolErrorCode.InternalError, message: 'Too many streams are open: try again later' }
    return toAnswer(Response.json({ jsonrpc: '2.0', error, id }, { status: 503, headers: { 'retry-after': '60' } }))
  }
  return {
    status: 200,
    headers: SSE_HEADERS,
    body: (raw) => subscriptions.open(raw, { id, filter: params.notifications, access })
  }
}

/** What a session's `initialize` is answered with promises what only a session can keep; nothing is kept yet. */
const NOTHING_KEPT = { logs: false, async subscribe () {}, async unsubscribe () {} }

/**
 * MCP 2025-11-25 "Sampling", "Elicitation", "Roots": only a client that declares one of them can be asked back, and
 * only a
 * session can carry its answer. A stranger gets none: it would be kept for anybody who asks.
 */
export function beginsSession ({ body, isStranger }: Pick<McpRequest, 'body' | 'isStranger'>): boolean {
  if (isStranger || Array.isArray(body) || body.method !== 'initialize' || !('id' in body)) return false
  const { elicitation, sampling, roots } = Object(body.params?.['capabilities']) as Record<string, unknown>
  return [elicitation, sampling, roots].some((capability) => typeof capability === 'object' && capability !== null)
}

function paramHeaderMismatch ({ body, headers }: McpRequest, catalogue: ToolRegistry): Response | undefined {
  const { method, params } = body as Message
  const callable =
    method === 'tools/call' && typeof params?.['name'] === 'string' ? catalogue.find(params['name']) : undefined
  const mismatch =
    callable && callable.headers.size > 0 ? findHeaderMismatch(callable, params?.['arguments'], { headers }) : undefined
  return mismatch === undefined ? undefined : refusal(body, HEADER_MISMATCH, `Header mismatch: ${mismatch}`)
}

const wantsProgress = ({ body, acceptsEvents }: McpRequest): boolean =>
  acceptsEvents &&
  !Array.isArray(body) &&
  (body.params?._meta as { progressToken?: unknown } | undefined)?.progressToken !== undefined

function unsupportedVersion (requested: string, { body }: McpRequest): Response {
  const { code, message, data } = new UnsupportedProtocolVersionError({
    supported: SUPPORTED_PROTOCOL_VERSIONS,
    requested: requested.slice(0, 64)
  })
  return refusal(body, code, message, data)
}

const refusal = (body: McpRequest['body'], code: number, message: string, data?: unknown): Response =>
  Response.json(
    {
      jsonrpc: '2.0',
      error: { code, message, ...(data !== undefined && { data }) },
      id: 'id' in body ? body.id : null
    },
    { status: 400 }
  )

/** Nobody reads this answer; it only ends the wait. */
const gone = (signal: AbortSignal): Promise<Response> =>
  new Promise((resolve) => {
    const answer = () => resolve(new Response(null, { status: 499 }))
    if (signal.aborted) answer()
    else signal.addEventListener('abort', answer, { once: true })
  })

/**
 * Only what the protocol reads is passed on: no token and no cookie. Some clients send a narrower Accept than the SDK
 * insists on.
 */
const toRequest = ({ headers: { 'mcp-session-id': _, ...headers }, signal }: McpRequest): Request =>
  new Request(ANY_URL, {
    method: 'POST',
    headers: { ...headers, accept: 'application/json, text/event-stream', 'content-type': 'application/json' },
    signal
  })

async function toAnswer (response: Response): Promise<McpResponse> {
  const headers = Object.fromEntries(response.headers)
  const streams = headers['content-type']?.startsWith('text/event-stream') && response.body !== null
  // A stream of events is passed on as it comes; anything else is one short text.
  const body = streams ? Readable.fromWeb(response.body as ReadableStream) : (await response.text()) || undefined
  return { status: response.status, headers, body }
}
