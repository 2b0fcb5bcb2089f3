// The challenges that start a sign-in or a step-up: 401 and 403 with WWW-Authenticate (RFC 6750 §3.1, RFC 9728 §5.1).
import { insufficientScope, invalidToken, OAuthError } from '../../errors.ts'

/** What a challenge says about the resource that was asked for. */
export interface ProtectedResource {
  /** Absolute URL of the resource's metadata document (RFC 9728 §3). */
  resourceMetadata: string
  /** The scopes a client should ask for to begin with. */
  scopes: readonly string[]
  /** Whether an access key is as good as a token of an app. */
  takesAccessKeys?: true
  /** Whether a request without credentials may continue, without {@link FastifyRequest.access}. */
  mayBeAnonymous?(): boolean
}

/** RFC 6750 §3.1 invalid_token, for a token that was never valid, or no longer is. */
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
 * RFC 6750 §3.1: the token is valid but lacks scopes that the operation needs. `scopes` are all the operation needs,
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
