// Sends refusals: those of the protocol as JSON-RPC errors, those of authorization with their headers.
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { OAuthError } from '../../errors.ts'
import { StorageUnavailable } from '../storage/contract.ts'
import { INTERNAL_ERROR, INVALID_REQUEST, JsonRpcError, PARSE_ERROR } from './json-rpc-error.ts'

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
