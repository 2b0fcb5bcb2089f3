// The steps that every request to the endpoint takes, in order, at any of its routes: the origin, the token,
// the form of the request, and once its body is here, the token again (MCP "Streamable HTTP", "Authorization").
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import { OAuthError } from '../../errors.ts'
import type { Rights } from '../access-rules/contract.ts'
import { wrongToken, type ProtectedResource } from '../oauth/challenge.ts'
import type { Access } from '../oauth/grants/contract.ts'
import { resourceScopes } from '../oauth/scopes.ts'
import { whenClosed } from '../when-closed.ts'
import type { Answer } from './answer.ts'
import type { LargeBody, MayGoOn } from './contract.ts'
import { sendError } from './errors.ts'
import { checkRequest, send } from './http.ts'
import type { LargeBodies } from './large-bodies.ts'
import type { MessageLimit } from './message-limit.ts'
import { HttpRequestContext, type OpenCalls } from './request-context.ts'

export interface McpPipeline {
  /** The steps before the body is read, as a hook of a route scope that {@link Mcp.prepare} was given. */
  admit: onRequestHookHandler
  /** Answers a request that was admitted, with its parsed body. @throws the refusal, for the scope's error handler. */
  serve(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply>
  /** All steps at once, for a request without a body in a scope of another kind. */
  handle(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply>
}

export interface PipelineDeps {
  answer: Answer
  messageLimit: MessageLimit
  largeBodies: Pick<LargeBodies, 'hold'>
  /** Whether people sign in at this server. */
  signIn: boolean
  /** Whether some tool may be called without a token. */
  isOpen(): boolean
  rightsOf(access: Access | null): Rights
  mayGoOn: MayGoOn
  calls: OpenCalls
}

/** @param resourceMetadata absolute URL of the metadata document that challenges name (RFC 9728 §3). */
export function createPipeline (app: FastifyInstance, resourceMetadata: string, deps: PipelineDeps): McpPipeline {
  const { answer, messageLimit, largeBodies, signIn, rightsOf, mayGoOn, calls } = deps
  const resource: ProtectedResource = {
    resourceMetadata,
    scopes: resourceScopes,
    takesAccessKeys: true,
    mayBeAnonymous: deps.isOpen
  }
  const requireAccess = signIn ? app.requireAccess(resource) : () => undefined

  /** @returns true if the reply is sent already; a promise only where the token has to be looked up in storage. */
  function check (request: FastifyRequest, reply: FastifyReply): boolean | Promise<boolean> {
    if (app.checkOrigin(request, reply)) return true
    const checkForm = () => {
      messageLimit.check(request)
      checkRequest(request)
      return false
    }
    const waiting = requireAccess(request)
    return waiting ? waiting.then(checkForm) : checkForm()
  }

  /** What was revoked, locked, deleted or expired while the body was on its way runs nothing. */
  async function checkStillAllowed (request: FastifyRequest, access: Access): Promise<void> {
    const allowed = access.expiresAt > app.now() && app.stillAllows(access)
    if (allowed instanceof Promise ? await allowed : allowed) return
    app.audit.recordOnce(request, 'token_refused', { reason: 'invalid_token' })
    throw wrongToken(resource)
  }

  async function serve (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    // Without sign-in the request has no such member.
    const access = signIn ? request.access : null
    if (access) await checkStillAllowed(request, access)
    let large: LargeBody | undefined
    try {
      const context = new HttpRequestContext(request, reply, access, { rights: rightsOf(access), signIn, calls, mayGoOn })
      large = context.large = largeBodies.hold(request, context)
      const response = await answer(request, context, resourceMetadata)
      // A stream of changes keeps nothing of its message, that of a call all of it.
      if (response.body instanceof Readable && large) whenClosed(reply.raw, large.done)
      else large?.done()
      return send(reply, response)
    } catch (error) {
      large?.done()
      if (error instanceof OAuthError && error.code === 'unauthorized') {
        app.audit.recordOnce(request, 'challenge', { reason: error.code })
      }
      throw error
    }
  }

  return {
    admit (request, reply, done) {
      const isSent = check(request, reply)
      if (isSent instanceof Promise) isSent.then((isSent) => isSent || done(), done)
      else if (!isSent) done()
    },
    serve,
    async handle (request, reply) {
      try {
        return (await check(request, reply)) ? reply : await serve(request, reply)
      } catch (error) {
        return sendError(messageLimit.refuse(request, error as Error), request, reply)
      }
    }
  }
}
