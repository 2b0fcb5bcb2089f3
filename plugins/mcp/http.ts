// The HTTP side of the endpoint: reads what a request says, and sends refusals as JSON-RPC errors (MCP "Streamable
// HTTP").
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { turnTakerOf } from '../caller-turns.ts'
import { mayHaveBody } from '../tiny-pieces.ts'
import { whenClosed } from '../when-closed.ts'
import { sendError } from './errors.ts'
import { readText } from './json-rpc.ts'
import type { LargeBodies } from './large-bodies.ts'
import type { McpResponse } from './contract.ts'
import { INVALID_REQUEST, JsonRpcError } from './json-rpc-error.ts'
import type { MessageLimit } from './message-limit.ts'
import { protocolVersions } from './protocol-versions.ts'
import { passEvents } from './streams/sse.ts'
import { acceptsEvents } from './request-context.ts'

/** Gives a route scope the body parser and the error handler of MCP. */
export function prepare (
  scope: FastifyInstance,
  messageLimit: Pick<MessageLimit, 'refuse'>,
  largeBodies: Pick<LargeBodies, 'arrive' | 'note' | 'wait'>
): void {
  scope.addHook('preParsing', (request, _reply, body, done) => {
    try {
      if (mayHaveBody(request.raw)) largeBodies.arrive(turnTakerOf(request), body, declaredBytes(request))
      done(null, body)
    } catch (error) {
      done(error as Error)
    }
  })
  // The limits of readText come first; Fastify's parser then refuses a key named __proto__.
  const parseJson = scope.getDefaultJsonParser('error', 'error')
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', { parseAs: 'buffer' }, (request, bytes: Buffer, done) => {
    largeBodies.note(request, bytes.length)
    const sender = turnTakerOf(request)
    const attempt = (work: () => void) => {
      try {
        work()
      } catch (error) {
        done(error as Error)
      }
    }
    attempt(() => {
      const begun = largeBodies.wait(sender, bytes.length)
      scope.callerTurns.begin(sender, (gone) => {
        begun()
        if (gone) done(gone)
        else attempt(() => parseJson(request, readText(bytes), done))
      }, request)
    })
  })
  scope.setErrorHandler((error: Error, request, reply) => sendError(messageLimit.refuse(request, error), request, reply))
}

/** @returns undefined where the head does not say how long the body is; none for one that is too large to be read at all. */
function declaredBytes ({ headers: { 'content-length': length }, routeOptions: { bodyLimit } }: FastifyRequest): number | undefined {
  if (length === undefined) return undefined
  return Number(length) > bodyLimit ? 0 : Number(length)
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

export function send (reply: FastifyReply, { status, headers, body, onClose }: McpResponse): FastifyReply {
  if (onClose) whenClosed(reply.raw, () => onClose(reply.raw.writableFinished))
  if (typeof body !== 'function' && !(body instanceof Readable)) return reply.code(status).headers(headers).send(body)
  reply.hijack()
  // It may be a megabyte, and Fastify keeps the request as long as the stream is open.
  reply.request.body = undefined
  // With what hooks have set so far, such as CORS.
  reply.raw.writeHead(status, { 'x-content-type-options': 'nosniff', ...(reply.getHeaders() as Record<string, string>), ...headers })
  if (typeof body === 'function') {
    body(reply.raw)
    return reply
  }
  // The first event may come much later.
  reply.raw.flushHeaders()
  whenClosed(reply.raw, () => body.destroy())
  passEvents(body, reply.raw)
  return reply
}
