// Every message counts for its caller, in both eras and of every kind, before anything of it runs (RFC 6585 §4).
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { OAuthError } from '../../errors.ts'
import { networkOf } from '../client-address.ts'
import { ofAccess } from '../observability/audit/index.ts'
import { isId } from './json-rpc.ts'
import { callerOf, type McpResponse, type McpRequest } from './contract.ts'
import { JsonRpcError } from './json-rpc-error.ts'

/** The code that other JSON-RPC servers use (EIP-1474): neither MCP nor its SDKs have one. */
export const LIMIT_EXCEEDED = -32005

export interface MessageLimit {
  /**
   * Before the body is read. Counts nothing.
   * @throws JsonRpcError 429 for a caller far beyond the limit.
   */
  check(request: FastifyRequest): void
  /**
   * Counts a request, or each message of a batch.
   * @returns undefined if it may continue; for a tool call beyond the limit a result that tells the model what to do.
   * @throws JsonRpcError 429 with Retry-After for any other message beyond the limit: the official clients fail that
   * one request, and stay connected.
   */
  take(request: FastifyRequest, caller: Pick<McpRequest, 'access' | 'address'>): McpResponse | undefined
  /**
   * Counts a request that ended before it came to {@link take}, such as one whose body is not JSON: reading it was work
   * as well. One without a valid token, or whose token ended meanwhile, counts for no one.
   * @returns the refusal to send: the error, or 429 beyond the limit.
   */
  refuse(request: FastifyRequest, error: Error): Error
}

export function createMessageLimit (app: Pick<FastifyInstance, 'usage' | 'audit'>): MessageLimit {
  /** Admitted, and not counted yet. */
  const uncounted = new WeakSet<FastifyRequest>()

  function take (request: FastifyRequest, caller: Pick<McpRequest, 'access' | 'address'>): McpResponse | undefined {
    uncounted.delete(request)
    const { body } = request
    const refused = app.usage.takeMessages(callerOf(caller), messagesIn(body))
    if (!refused) return undefined
    if (refused.isFirst) {
      if (caller.access) app.audit.note('limit', { ...ofAccess(caller.access), reason: 'messages-per-user' }, request.id)
      else app.audit.record(request, 'limit', { reason: 'messages-per-user' })
    }
    const { id, method } = Object(body) as { id?: unknown; method?: unknown }
    if (!isId(id) || method !== 'tools/call') throw tooMany(refused.wait, isId(id) ? id : null)
    const text =
      `This call was not made: the limit of ${refused.limit} messages a minute for one person is reached. ` +
      `Wait ${refused.wait} seconds and call again; meanwhile answer with what you have.`
    const result = { resultType: 'complete', isError: true, content: [{ type: 'text', text }] }
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id, result })
    }
  }

  return {
    check (request) {
      const wait = app.usage.floodWait(callerOf(identify(request)))
      if (wait !== undefined) throw tooMany(wait)
      uncounted.add(request)
    },
    take,
    refuse (request, error) {
      if (!uncounted.has(request) || (error instanceof OAuthError && error.statusCode === 401)) return error
      try {
        take(request, identify(request))
        return error
      } catch (tooMany) {
        return tooMany as Error
      }
    }
  }
}

/** A batch without any was read as well. */
const messagesIn = (body: unknown): number => (Array.isArray(body) ? Math.max(1, body.length) : 1)

/** Without sign-in, the request has no `access`. */
const identify = (request: FastifyRequest) =>
  request.access ? { access: request.access } : { access: null, address: networkOf(request) }

const tooMany = (wait: number, id: string | number | null = null) =>
  new JsonRpcError(429, LIMIT_EXCEEDED, `Too Many Requests: wait ${wait} seconds, and send it again`, {
    id,
    headers: { 'retry-after': String(wait) }
  })
