// The authorization request, checked in the order in which it may be answered: until client and redirect URI are known
// every refusal is a page; after that it may go to the app (OAuth 2.1 §4.1.1, RFC 7636 §4.3, RFC 8707 §2).
import {
  invalidClient,
  invalidRequest,
  invalidScope,
  OAuthError,
  unauthorizedClient,
  unsupportedResponseType
} from '../../errors.ts'
import type { Client } from '../../plugins/oauth/clients/contract.ts'
import type { Parameters } from '../../plugins/oauth/parameters.ts'
import { checkResource } from '../../plugins/oauth/resource-indicator.ts'
import { grantableScopes } from '../../plugins/oauth/scopes.ts'
import type { AuthorizationRequest } from '../../plugins/sign-in/intent.ts'

/** RFC 7636 §4.2: the S256 of a verifier is always 43 characters of base64url. */
const CHALLENGE = /^[A-Za-z0-9_-]{43}$/
const MAX_STATE_LENGTH = 4096

/**
 * @throws a refusal for a page: the client is not known, or the redirect URI is not its own. Nothing may be sent there.
 */
export async function checkClient (
  parameters: Parameters,
  find: (id: string) => Promise<Client | undefined>
): Promise<{ client: Client; redirectUri: string; redirectUriGiven: boolean }> {
  const id = parameters.need('client_id')
  const client = await find(id)
  if (!client) {
    throw invalidClient({ key: 'problems.unknownApp' }).because('unknown_client')
  }
  if (!client.grantTypes.includes('authorization_code')) {
    throw unauthorizedClient({ key: 'problems.serviceApp' }).because('service_client')
  }
  const given = parameters.get('redirect_uri')
  const redirectUri = given ?? client.onlyRedirectUri()
  if (redirectUri === undefined) {
    const said = { key: 'problems.noRedirect' } as const
    throw invalidRequest('redirect_uri is missing, and the app has more than one.', { said }).because('redirect_uri_missing')
  }
  const problem = client.redirectUriProblem(redirectUri)
  if (problem !== undefined) {
    const description = `The address the app wants you sent back to (redirect_uri) ${problem}. Nothing was sent there.`
    throw invalidRequest(description, { said: { key: 'problems.wrongRedirect' } }).because('redirect_uri')
  }
  return { client, redirectUri, redirectUriGiven: given !== undefined }
}

/**
 * @param resources what `resource` may name, canonical first. @throws a refusal that may be
 * sent to the client.
 */
export function checkRequest (
  parameters: Parameters,
  { client, redirectUri, redirectUriGiven }: Awaited<ReturnType<typeof checkClient>>,
  resources: readonly string[]
): Omit<AuthorizationRequest, 'attempt'> {
  const state = parameters.get('state')
  checkResponse(parameters)
  if (state !== undefined && state.length > MAX_STATE_LENGTH) {
    throw invalidRequest(`state is longer than ${MAX_STATE_LENGTH} characters`)
  }
  const challenge = checkPkce(parameters)
  const resource = checkResource(parameters.getAll('resource'), resources)
  const nonce = parameters.get('nonce')
  if (nonce !== undefined && nonce.length > MAX_STATE_LENGTH) {
    throw invalidRequest(`nonce is longer than ${MAX_STATE_LENGTH} characters`)
  }
  const maxAge = checkMaxAge(parameters.get('max_age'))
  const scopes = grantableScopes(parameters.get('scope'))
  if (scopes.length === 0) throw invalidScope('none of the scopes asked for is offered here')
  return {
    clientId: client.id,
    clientName: client.name,
    redirectUri,
    redirectUriGiven,
    ...(state !== undefined && { state }),
    scopes,
    resource,
    challenge,
    ...(nonce !== undefined && { nonce }),
    ...(maxAge !== undefined && { maxAge })
  }
}

/** @returns seconds. */
function checkMaxAge (given: string | undefined): number | undefined {
  if (given === undefined) return undefined
  if (!/^\d{1,10}$/.test(given)) throw invalidRequest('max_age must be a whole number of seconds, 0 or more')
  return Number(given)
}

function checkResponse (parameters: Parameters): void {
  if (parameters.need('response_type') !== 'code') throw unsupportedResponseType('response_type must be code')
  const mode = parameters.get('response_mode')
  if (mode !== undefined && mode !== 'query') throw invalidRequest('response_mode must be query')
  if (parameters.get('request') !== undefined) {
    throw new OAuthError('request_not_supported', 400, 'request objects are not supported')
  }
  if (parameters.get('request_uri') !== undefined) {
    throw new OAuthError('request_uri_not_supported', 400, 'request_uri is not supported')
  }
}

function checkPkce (parameters: Parameters): string {
  const challenge = parameters.get('code_challenge')
  if (challenge === undefined) throw invalidRequest('code_challenge is missing: PKCE is required').because('pkce')
  if (parameters.get('code_challenge_method') !== 'S256') throw invalidRequest('code_challenge_method must be S256').because('pkce')
  if (!CHALLENGE.test(challenge)) {
    throw invalidRequest('code_challenge must be the 43 base64url characters of a SHA-256').because('pkce')
  }
  return challenge
}
