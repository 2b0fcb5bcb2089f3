// The HTTP side of the endpoint: reads what a request says, and sends refusals as JSON-RPC errors (MCP "Streamable
// HTTP").
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { OAuthError } from '../../errors.ts'
import { networkOf } from '../client-address.ts'
import type { Access } from '../oauth/grants/contract.ts'
import { StorageUnavailable } from '../storage/contract.ts'
import { BatchBudget } from './batch-budget.ts'
import { readText } from './json-rpc.ts'
import type { McpResponse, McpRequest, RequestContext } from './contract.ts'
import { INTERNAL_ERROR, INVALID_REQUEST, PARSE_ERROR, JsonRpcError } from './json-rpc-error.ts'
import { protocolVersions } from './protocol-versions.ts'

/** Gives a route scope the body parser and the error handler of MCP. */
export function prepare (scope: FastifyInstance): void {
  // The limits of readText come first; Fastify's parser then refuses a key named __proto__.
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

/** Parameters other than JSON's one charset are refused too: odd ones have slipped past parsers (CVE-2026-25223). */
const JSON_TYPE = /^application\/json(?: ?; ?charset="?utf-8"?)?$/i

/**
 * Refuses what cannot be an MCP message, before its body is read. GET and DELETE are for the session that they name.
 * @throws JsonRpcError 400, 405, 406, 415.
 */
export function checkRequest ({ method, headers }: FastifyRequest): void {
  const isOfSession = (method === 'GET' || method === 'DELETE') && headers['mcp-session-id'] !== undefined
  if (isOfSession) return checkSessionRequest(method, headers)
  if (method !== 'POST') {
    throw new JsonRpcError(405, INVALID_REQUEST, 'Method Not Allowed: send each message as a POST', {
      headers: { allow: 'POST' }
    })
  }
  if (!JSON_TYPE.test(headers['content-type'] ?? '') || (headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw new JsonRpcError(415, INVALID_REQUEST, 'Unsupported Media Type: send application/json, not compressed')
  }
}

function checkSessionRequest (method: string, headers: FastifyRequest['headers']): void {
  const { accept, 'mcp-protocol-version': version } = headers
  if (method === 'GET' && !acceptsEvents(accept)) {
    throw new JsonRpcError(406, INVALID_REQUEST, 'Not Acceptable: the stream of a session is text/event-stream')
  }
  if (version !== undefined && !protocolVersions.includes(String(version))) {
    const text = `Unsupported protocol version: this server speaks ${protocolVersions.join(', ')}`
    throw new JsonRpcError(400, INVALID_REQUEST, text)
  }
}

const acceptsEvents = (accept = ''): boolean => accept.includes('text/event-stream')

/**
 * A request but for its message. A class, since an object literal with a getter gets a shape of its own each time, and
 * the garbage collector then has more to do than the call.
 */
export class HttpRequestContext implements RequestContext {
  readonly headers: Record<string, string> = {}
  readonly acceptsEvents: boolean
  readonly access: Access | null
  readonly address: string | undefined
  readonly isStranger: boolean
  readonly requestId: string
  readonly lastEventId: string | undefined
  readonly #request: FastifyRequest
  readonly #raw: FastifyReply['raw']
  #signal: AbortSignal | undefined

  constructor (request: FastifyRequest, reply: FastifyReply, access: Access | null, signIn: boolean) {
    const { headers } = request
    for (const name in headers) {
      if (name.startsWith('mcp-')) this.headers[name] = String(headers[name])
    }
    this.acceptsEvents = acceptsEvents(headers.accept)
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

  /** Created when it is first read: most answers are sent before anything reads it. */
  get signal (): AbortSignal {
    return (this.#signal ??= disconnectSignal(this.#raw))
  }

  /** The same request, with its message. */
  with (body: McpRequest['body']): McpRequest {
    return Object.assign(this, { body, batch: Array.isArray(body) ? new BatchBudget() : undefined })
  }
}

/** @param signIn whether people sign in at this server. */
export const readContext = (
  request: FastifyRequest,
  reply: FastifyReply,
  access: Access | null,
  signIn: boolean
): HttpRequestContext => new HttpRequestContext(request, reply, access, signIn)

/** @returns a signal that is aborted when the connection closes before the response was sent. */
function disconnectSignal (raw: FastifyReply['raw']): AbortSignal {
  const disconnected = new AbortController()
  const onClose = () => {
    if (!raw.writableFinished) disconnected.abort()
  }
  if (raw.closed || raw.destroyed) onClose()
  else raw.once('close', onClose)
  return disconnected.signal
}

export function send (reply: FastifyReply, { status, headers, body, onClose }: McpResponse): FastifyReply {
  if (onClose) reply.raw.once('close', () => onClose(reply.raw.writableFinished))
  if (typeof body !== 'function') return reply.code(status).headers(headers).send(body)
  reply.hijack()
  // With what hooks have set so far, such as CORS.
  reply.raw.writeHead(status, { ...(reply.getHeaders() as Record<string, string>), ...headers })
  body(reply.raw)
  return reply
}

/**
 * Sends a refusal: of the protocol as a JSON-RPC error, of authorization as the SDK's own servers do, since clients read
 * only its headers.
 */
export function sendError (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof OAuthError) {
    return reply
      .code(error.statusCode)
      .headers(error.headers)
      .send({ error: error.code, error_description: error.message })
  }
  const refusal = error instanceof JsonRpcError ? error : toJsonRpcError(error, request)
  return reply.code(refusal.statusCode).headers(refusal.headers).send(refusal.body)
}

function toJsonRpcError (error: FastifyError | Error, request: FastifyRequest): JsonRpcError {
  if (error instanceof StorageUnavailable) {
    request.log.warn({ err: error }, 'storage unavailable')
    const text = 'Service Unavailable: try again in a few seconds'
    return new JsonRpcError(503, INTERNAL_ERROR, text, { headers: { 'retry-after': '5' } })
  }
  const { code, statusCode = 500 } = error as FastifyError
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new JsonRpcError(413, INVALID_REQUEST, 'Content Too Large: send less at once')
  }
  if (code?.startsWith('FST_ERR_CTP_')) {
    return new JsonRpcError(400, PARSE_ERROR, 'Parse error: the body is not JSON, or has a key named __proto__')
  }
  if (statusCode < 500) return new JsonRpcError(statusCode, INVALID_REQUEST, error.message)
  request.log.error({ err: error }, 'mcp request failed')
  return new JsonRpcError(500, INTERNAL_ERROR, `Internal error: the operator finds it in the log as ${request.id}`)
}
