// The HTTP side of the endpoint: reads what a request says, and speaks refusals as JSON-RPC errors (MCP "Streamable
// HTTP").
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { OAuthError } from '../../errors.ts'
import { networkOf } from '../client-address.ts'
import type { Access } from '../oauth/grants/contract.ts'
import { StorageUnavailable } from '../storage/contract.ts'
import { readText } from './json-rpc.ts'
import type { McpResponse, McpRequest, RequestContext } from './contract.ts'
import { INTERNAL_ERROR, INVALID_REQUEST, PARSE_ERROR, JsonRpcError } from './json-rpc-error.ts'
import { protocolVersions } from './protocol-versions.ts'

/** Gives a route scope the body parser, the body limit and the error voice of MCP. */
export function prepare (scope: FastifyInstance): void {
  // Our own limits come first; Fastify's parser then refuses a key named __proto__.
  const parseJson = scope.getDefaultJsonParser('error', 'error')
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', { parseAs: 'buffer' }, (request, bytes: Buffer, done) => {
    try {
      parseJson(request, readText(bytes), done)
    } catch (error) {
      done(error as Error)
    }
  })
  scope.setErrorHandler(sendError)
}

/**
 * Parameters other than the one charset JSON has are refused too: nobody needs them, and odd ones have slipped past
 * parsers (CVE-2026-25223).
 */
const JSON_TYPE = /^application\/json(?: ?; ?charset="?utf-8"?)?$/i

/** Refuses what no MCP message can be, before its body is read. A GET or DELETE is for the session that it names. */
export function checkRequest ({ method, headers }: FastifyRequest): void {
  if ((method === 'GET' || method === 'DELETE') && headers['mcp-session-id'] !== undefined) { return checkVisit(method, headers) }
  if (method !== 'POST') {
    throw new JsonRpcError(405, INVALID_REQUEST, 'Method Not Allowed: send each message as a POST', {
      headers: { allow: 'POST' }
    })
  }
  if (!JSON_TYPE.test(headers['content-type'] ?? '') || (headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw new JsonRpcError(415, INVALID_REQUEST, 'Unsupported Media Type: send application/json, not compressed')
  }
}

function checkVisit (method: string, { accept, 'mcp-protocol-version': version }: FastifyRequest['headers']): void {
  if (method === 'GET' && !accepts(accept)) { throw new JsonRpcError(406, INVALID_REQUEST, 'Not Acceptable: a session is followed as text/event-stream') }
  if (version !== undefined && !protocolVersions.includes(String(version))) {
    throw new JsonRpcError(
      400,
      INVALID_REQUEST,
      `Unsupported protocol version: this server speaks ${protocolVersions.join(', ')}`
    )
  }
}

const accepts = (accept = ''): boolean => accept.includes('text/event-stream')

/**
 * All that an exchange is but its message. A class, since an object that is written with a getter has a shape of its
 * own
 * each time, and the garbage collector then has more to do than the call.
 */
class HttpRequestContext implements RequestContext {
  readonly headers: Record<string, string> = {}
  readonly acceptsEvents: boolean
  readonly access: Access | null
  readonly address: string | undefined
  readonly isStranger: boolean
  readonly requestId: string
  readonly lastEventId: string | undefined
  readonly #request: FastifyRequest
  readonly #raw: FastifyReply['raw']
  #gone: AbortSignal | undefined

  constructor (request: FastifyRequest, reply: FastifyReply, access: Access | null, signIn: boolean) {
    const { headers } = request
    for (const name in headers) {
      if (name.startsWith('mcp-')) this.headers[name] = String(headers[name])
    }
    this.acceptsEvents = accepts(headers.accept)
    this.access = access
    this.address = access === null ? networkOf(request) : undefined
    this.isStranger = signIn && access === null
    this.requestId = request.id
    this.lastEventId = headers['last-event-id'] === undefined ? undefined : String(headers['last-event-id'])
    this.#request = request
    this.#raw = reply.raw
  }

  get log (): FastifyRequest['log'] {
    return this.#request.log
  }

  /** Made for those who ask: most answers are sent before anybody could. */
  get signal (): AbortSignal {
    return (this.#gone ??= signalOf(this.#raw))
  }

  /** The same visit with its message. */
  with (body: McpRequest['body']): McpRequest {
    return Object.assign(this, { body })
  }
}

/** @param signIn whether people sign in at this server. */
export const readRequest = (
  request: FastifyRequest,
  reply: FastifyReply,
  access: Access | null,
  signIn: boolean
): HttpRequestContext => new HttpRequestContext(request, reply, access, signIn)

/** Aborted when the connection closes before the answer was sent. */
function signalOf (raw: FastifyReply['raw']): AbortSignal {
  const gone = new AbortController()
  const leave = () => {
    if (!raw.writableFinished) gone.abort()
  }
  if (raw.closed || raw.destroyed) leave()
  else raw.once('close', leave)
  return gone.signal
}

export function send (reply: FastifyReply, { status, headers, body, onClose: whenClosed }: McpResponse): FastifyReply {
  if (whenClosed) reply.raw.once('close', () => whenClosed(reply.raw.writableFinished))
  if (typeof body !== 'function') return reply.code(status).headers(headers).send(body)
  reply.hijack()
  // With what hooks have set so far, such as CORS.
  reply.raw.writeHead(status, { ...(reply.getHeaders() as Record<string, string>), ...headers })
  body(reply.raw)
  return reply
}

/**
 * Refusals of the protocol are JSON-RPC errors; those of authorization are what the SDK's own servers send, and clients
 * look only at their headers.
 */
export function sendError (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof OAuthError) {
    return reply
      .code(error.statusCode)
      .headers(error.headers)
      .send({ error: error.code, error_description: error.message })
  }
  const refusal = error instanceof JsonRpcError ? error : toRefusal(error, request)
  return reply.code(refusal.statusCode).headers(refusal.headers).send(refusal.body)
}

function toRefusal (error: FastifyError | Error, request: FastifyRequest): JsonRpcError {
  if (error instanceof StorageUnavailable) {
    request.log.warn({ err: error }, 'storage unavailable')
    return new JsonRpcError(503, INTERNAL_ERROR, 'Service Unavailable: try again in a few seconds', {
      headers: { 'retry-after': '5' }
    })
  }
  const { code, statusCode = 500 } = error as FastifyError
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') { return new JsonRpcError(413, INVALID_REQUEST, 'Content Too Large: send less at once') }
  if (code?.startsWith('FST_ERR_CTP_')) { return new JsonRpcError(400, PARSE_ERROR, 'Parse error: the body is not JSON, or has a key named __proto__') }
  if (statusCode < 500) return new JsonRpcError(statusCode, INVALID_REQUEST, error.message)
  request.log.error({ err: error }, 'mcp request failed')
  return new JsonRpcError(
    500,
    INTERNAL_ERROR,
    `Internal error: whoever runs the server finds it in the log as ${request.id}`
  )
}
