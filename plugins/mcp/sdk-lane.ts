// The lane that can answer everything: the official SDK's server, in both protocol eras, without sessions (MCP 2026-07-28 "Versioning"; 2025-11-25 "Streamable HTTP").
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import {
  createMcpHandler, isLegacyRequest, ProtocolError, ProtocolErrorCode, Server, SUPPORTED_PROTOCOL_VERSIONS,
  UnsupportedProtocolVersionError, WebStandardStreamableHTTPServerTransport,
  type AuthInfo, type Implementation, type McpServerFactory, type ServerContext, type ServerOptions
} from '@modelcontextprotocol/server'
import { callTool, type House } from './call.ts'
import type { Catalogue } from './catalogue.ts'
import type { Answer, Exchange, Lane } from './contract.ts'

export interface SdkLaneOptions {
  catalogue: Catalogue
  house: House
  serverInfo: Implementation
  instructions: string
  /** Whether the lists may be kept by caches that several people share. */
  shared: boolean
  /** Told what the SDK refused or could not do; the client has its answer already. */
  onError (error: Error): void
}

/** Milliseconds a client may keep a list before it asks again. */
const LIST_TTL = 300_000
/** The SDK wants a URL and looks at nothing in it. */
const ANY_URL = 'http://mcp.invalid/'

export function createSdkLane (options: SdkLaneOptions): Lane {
  const factory = createFactory(options)
  // Holds nothing between exchanges: no list changes while the server runs, so it ends each subscription as soon as it has confirmed it.
  const modern = createMcpHandler(factory, { legacy: 'reject', onerror: options.onError })

  return async (exchange) => {
    const request = new Request(ANY_URL, { method: 'POST', headers: requestHeaders(exchange), signal: exchange.signal })
    const response = await isLegacyRequest(request, exchange.body)
      ? await serveLegacy(factory, request, exchange)
      : await modern.fetch(request, { parsedBody: exchange.body, authInfo: authInfo(exchange) })
    return toAnswer(response)
  }
}

/** A fresh server for each exchange, so that no answer can reach another client; what is costly is built once, in the catalogue. */
function createFactory ({ catalogue, house, serverInfo, instructions, shared, onError }: SdkLaneOptions): McpServerFactory {
  const hint = { ttlMs: LIST_TTL, cacheScope: shared ? 'public' : 'private' } as const
  const options: ServerOptions = { capabilities: { tools: {} }, instructions, cacheHints: { 'tools/list': hint, 'server/discover': hint } }
  return () => {
    const server = new Server(serverInfo, options)
    server.onerror = onError
    server.setRequestHandler('tools/list', ({ params }) => {
      if (params?.cursor !== undefined) throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'There is no such page: the list of tools has one')
      return { tools: catalogue.listed }
    })
    server.setRequestHandler('tools/call', ({ params }, context) => {
      const callable = catalogue.find(params.name)
      if (!callable) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no tool named ${JSON.stringify(params.name.slice(0, 64))}; refresh the list of tools`)
      return callTool(callable, params.arguments, exchangeOf(context), house)
    })
    return server
  }
}

/**
 * The earlier eras, answered with one JSON object: the SDK's own legacy serving always opens a stream of events,
 * which a client that accepts only JSON cannot read.
 */
async function serveLegacy (factory: McpServerFactory, request: Request, exchange: Exchange): Promise<Response> {
  const version = exchange.headers['mcp-protocol-version']
  if (version !== undefined && !SUPPORTED_PROTOCOL_VERSIONS.includes(version)) return unsupportedVersion(version, exchange)
  const server = await factory({ era: 'legacy' })
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true })
  await server.connect(transport)
  try {
    return await Promise.race([transport.handleRequest(request, { parsedBody: exchange.body, authInfo: authInfo(exchange) }), gone(exchange.signal)])
  } finally {
    await server.close()
  }
}

function unsupportedVersion (requested: string, { body }: Exchange): Response {
  const { code, message, data } = new UnsupportedProtocolVersionError({ supported: SUPPORTED_PROTOCOL_VERSIONS, requested: requested.slice(0, 64) })
  const id = 'id' in body ? body.id : null
  return Response.json({ jsonrpc: '2.0', error: { code, message, data }, id }, { status: 400 })
}

/** Nobody reads this answer; it only ends the wait. */
const gone = (signal: AbortSignal): Promise<Response> => new Promise((resolve) => {
  const answer = () => resolve(new Response(null, { status: 499 }))
  if (signal.aborted) answer()
  else signal.addEventListener('abort', answer, { once: true })
})

/** Only what the protocol reads is passed on: no token and no cookie. Some clients send a narrower Accept than the SDK insists on. */
const requestHeaders = ({ headers }: Exchange) =>
  ({ ...headers, accept: 'application/json, text/event-stream', 'content-type': 'application/json' })

/** The SDK's channel for identity. The token itself goes no further than its check. */
const authInfo = (exchange: Exchange): AuthInfo =>
  ({ token: '', clientId: exchange.access?.clientId ?? '', scopes: exchange.access?.scopes ?? [], extra: { exchange } })

const exchangeOf = (context: ServerContext): Exchange => context.http?.authInfo?.extra?.['exchange'] as Exchange

async function toAnswer (response: Response): Promise<Answer> {
  const headers = Object.fromEntries(response.headers)
  const streams = headers['content-type']?.startsWith('text/event-stream') && response.body !== null
  // A stream of events is passed on as it comes; anything else is one short text.
  const body = streams ? Readable.fromWeb(response.body as ReadableStream) : await response.text() || undefined
  return { status: response.status, headers, body }
}
