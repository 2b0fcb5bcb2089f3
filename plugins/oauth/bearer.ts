// Who may call: reads the access token from the Authorization header, before any body, and answers 401 with the
// challenge that starts a sign-in (RFC 6750 §2.1, §3; RFC 9728 §5.1). The room owns the protocol's shared parts:
// parameters, scopes, resources, bearer tokens and ID tokens; clients and grants have rooms of their own in it.
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { insufficientScope, invalidToken, OAuthError } from '../../errors.ts'
import type { Access } from './grants/contract.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Makes a check that fills `request.access` or throws 401; synchronous where storage answers from memory: for
     * {@link asHook}.
     */
    requireAccess(resource: ProtectedResource): (request: FastifyRequest) => void | Promise<void>
  }
  interface FastifyRequest {
    /** Who is calling, and what their token allows. `null` where no {@link FastifyInstance.requireAccess} hook ran. */
    access: Access | null
  }
}

/** What a challenge says about the resource that was asked for. */
export interface ProtectedResource {
  /** Absolute URL of the resource's metadata document (RFC 9728 §3). */
  resourceMetadata: string
  /** The scopes a client should ask for to begin with. */
  scopes: readonly string[]
  /** Whether a request without credentials may go on, without {@link FastifyRequest.access}. */
  mayBeAnonymous?(): boolean
}

/** The b64token of RFC 6750 §2.1; the scheme is case-insensitive (RFC 9110 §11.1). */
const CREDENTIALS = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i

const AUTHORIZATION = 'authorization'

export default fp(
  async function bearer (app: FastifyInstance) {
    app.decorateRequest('access', null)
    app.decorate('requireAccess', (resource: ProtectedResource) => (request: FastifyRequest) => {
      const headers = authorizationHeaders(request)
      if (headers.length === 0 && resource.mayBeAnonymous?.()) return undefined
      const refuse = (refusal: OAuthError): never => {
        app.audit.recordOnce(request, refusal.code === 'unauthorized' ? 'challenge' : 'token_refused', {
          reason: refusal.code
        })
        throw refusal
      }
      const admit = (access: Access | undefined) => {
        request.access = access ?? refuse(wrongToken(resource))
      }
      const [header, ...more] = headers
      if (header === undefined) return refuse(missingToken(resource))
      const token = more.length === 0 ? CREDENTIALS.exec(header)?.[1] : undefined
      const found = token === undefined ? undefined : app.grants.verifyAccessToken(token)
      return found instanceof Promise ? found.then(admit) : admit(found)
    })
  },
  { name: 'bearer', dependencies: ['grants', 'audit'] }
)

/** A check as an `onRequest` hook that waits only for a promise: every call would pay for one otherwise. */
export const asHook =
  (check: (request: FastifyRequest) => void | Promise<void>) =>
    (request: FastifyRequest, _reply: FastifyReply, done: HookHandlerDoneFunction): void => {
      const waiting = check(request)
      if (waiting) waiting.then(() => done(), done)
      else done()
    }

/** RFC 6750 §3.1 invalid_token, for one that was never good, or is good no longer. */
export function wrongToken (resource: ProtectedResource): OAuthError {
  const description = 'The access token is not valid: it is malformed, expired or revoked.'
  return invalidToken(description, challenge(resource, { error: 'invalid_token', error_description: description }))
}

/** RFC 6750 §3.1: a request without credentials gets a challenge that says where to get some, without an error code. */
export const missingToken = (resource: ProtectedResource): OAuthError =>
  new OAuthError(
    'unauthorized',
    401,
    'This server needs a sign-in: send an access token in the Authorization header.',
    challenge(resource, {})
  )

/**
 * Every Authorization header as sent: Node keeps only the first of several, and which one a proxy checked is anyone's
 * guess.
 */
function authorizationHeaders ({ raw: { rawHeaders } }: FastifyRequest): string[] {
  const found: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!
    if (name.length === AUTHORIZATION.length && name.toLowerCase() === AUTHORIZATION) found.push(rawHeaders[index + 1]!)
  }
  return found
}

/**
 * RFC 6750 §3.1: the token is good but does not carry what the operation needs. `scopes` are all the operation needs,
 * so that one step-up is enough.
 */
export function missingScope (resourceMetadata: string, scopes: readonly string[]): OAuthError {
  const description = `This needs a token with: ${scopes.join(' ')}`
  return insufficientScope(
    description,
    challenge({ resourceMetadata, scopes }, { error: 'insufficient_scope', error_description: description })
  )
}

function challenge ({ resourceMetadata, scopes }: ProtectedResource, error: Record<string, string>) {
  const parameters = { resource_metadata: resourceMetadata, scope: scopes.join(' '), ...error }
  const list = Object.entries(parameters)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ')
  return { headers: { 'www-authenticate': `Bearer ${list}` } }
}
