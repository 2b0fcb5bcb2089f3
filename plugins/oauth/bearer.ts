// Who may call: reads the access token from the Authorization header, before any body, and answers 401 with the
// challenge that starts a sign-in (RFC 6750 §2.1, §3; RFC 9728 §5.1). The room owns the protocol's shared parts:
// parameters, scopes, resources, bearer tokens and ID tokens; clients and grants have rooms of their own in it.
// This room owns OAuth behind the routes: clients/, grants/, access tokens of requests, scopes, parameters and ID
// tokens. It hands verified access to the endpoint.
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { OAuthError } from '../../errors.ts'
import { isAccessKey } from '../access-keys/key-format.ts'
import { after } from '../after.ts'
import { networkOf } from '../client-address.ts'
import { missingToken, wrongToken, type ProtectedResource } from './challenge.ts'
import type { Access } from './grants/contract.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Makes a check that fills `request.access` or throws 401; synchronous where storage answers from memory: for
     * {@link asHook}.
     */
    requireAccess(resource: ProtectedResource): (request: FastifyRequest) => void | Promise<void>
    /**
     * Whether verified access, by a token or a key, is still valid: for what outlives its request.
     * @throws StorageUnavailable.
     */
    stillAllows(access: Access): boolean | Promise<boolean>
  }
  interface FastifyRequest {
    /** Who is calling, and what their token allows. `null` where no {@link FastifyInstance.requireAccess} hook ran. */
    access: Access | null
  }
}

/** The b64token of RFC 6750 §2.1; the scheme is case-insensitive (RFC 9110 §11.1). */
const CREDENTIALS = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i

const AUTHORIZATION = 'authorization'

export default fp(
  async function bearer (app: FastifyInstance) {
    app.decorateRequest('access', null)
    app.decorate('stillAllows', (access) => (access.isAccessKey ? app.accessKeys : app.grants).stillAllows(access))
    const verify = (token: string, { takesAccessKeys }: ProtectedResource) => {
      if (!isAccessKey(token)) return app.grants.verifyAccessToken(token)
      return takesAccessKeys ? app.accessKeys.verify(token) : undefined
    }
    app.decorate('requireAccess', (resource: ProtectedResource) => (request: FastifyRequest) => {
      const headers = authorizationHeaders(request)
      if (headers.length === 0 && resource.mayBeAnonymous?.()) return undefined
      const refuse = (event: 'challenge' | 'token_refused', refusal: OAuthError, reason: string = refusal.code): never => {
        app.audit.recordOnce(request, event, { reason })
        throw refusal
      }
      const [header, ...more] = headers
      if (header === undefined) return refuse('challenge', missingToken(resource))
      const token = more.length === 0 ? CREDENTIALS.exec(header)?.[1] : undefined
      const isKey = token !== undefined && isAccessKey(token)
      const admit = (access: Access | undefined) => {
        request.access = access ?? refuse('token_refused', wrongToken(resource), isKey ? 'access_key' : undefined)
        if (access?.isAccessKey) app.accessKeys.noteUse(access, networkOf(request))
      }
      const found = token === undefined ? undefined : verify(token, resource)
      return after(found, admit)
    })
  },
  { name: 'bearer', dependencies: ['grants', 'access-keys', 'audit'] }
)

/** A check as an `onRequest` hook that waits only for a promise: every call would pay for one otherwise. */
export const asHook =
  (check: (request: FastifyRequest) => void | Promise<void>) =>
    (request: FastifyRequest, _reply: FastifyReply, done: HookHandlerDoneFunction): void => {
      const waiting = check(request)
      if (waiting) waiting.then(() => done(), done)
      else done()
    }

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
