// From a request with a parsed body to its response: counted, sorted by what it is, checked for its scopes, and handed
// to the session, the fast path or the SDK's handler.
// Tested in test/plugins/mcp/pipeline.test.ts and scope-challenge.test.ts.
import { isJSONRPCResponse } from '@modelcontextprotocol/server'
import type { FastifyRequest } from 'fastify'
import type { McpHandler, McpRequest, McpResponse } from './contract.ts'
import type { FastPath } from './fast-path.ts'
import { readMessages } from './json-rpc.ts'
import type { MessageLimit } from './message-limit.ts'
import type { HttpRequestContext } from './request-context.ts'
import { checkAccess } from './scope-challenge.ts'
import type { Offered } from './sdk/contract.ts'
import type { Sessions } from './sessions/index.ts'

/**
 * @param resourceMetadata the metadata URL for a challenge, if the token lacks a scope.
 * @throws JsonRpcError, OAuthError: the refusal.
 */
export type Answer = (
  request: FastifyRequest,
  context: HttpRequestContext,
  resourceMetadata: string
) => Promise<McpResponse>

export interface AnswerDeps {
  messageLimit: MessageLimit
  offered: Offered
  sessions: Sessions
  fastPath: FastPath
  sdkHandler: McpHandler
  /** Whether people sign in at this server. */
  signIn: boolean
  noteFirstUse(mcpRequest: McpRequest): void
}

export const createAnswer = (deps: AnswerDeps): Answer => async (request, context, resourceMetadata) => {
  const { messageLimit, sessions, fastPath, sdkHandler } = deps
  const refused = messageLimit.take(request, context)
  if (refused) return refused
  if (request.method === 'GET') return sessions.listen(context)
  if (request.method === 'DELETE') return sessions.end(context)
  const { body } = request
  if (context.headers['mcp-session-id'] !== undefined && isJSONRPCResponse(body)) return sessions.take(context, body)
  const mcpRequest = context.with(readMessages(body, context.headers['mcp-protocol-version']))
  const challenge = deps.signIn ? checkAccess(mcpRequest, deps.offered, resourceMetadata) : undefined
  deps.noteFirstUse(mcpRequest)
  return challenge ?? fastPath.serve(mcpRequest) ?? sdkHandler(mcpRequest)
}
