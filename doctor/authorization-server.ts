// The metadata of the authorization server: what clients need in it, and where its endpoints are (RFC 8414 §2).
import { isReachable, BEHIND_A_PROXY } from './addresses.ts'
import type { Report } from './report.ts'

/** What the following checks need from the documents. */
export interface AuthorizationServer {
  issuer: string
  /** The resource indicator of the server in token requests (RFC 8707). */
  resource: string
  authorize: string
  token: string
  register?: string
  revoke?: string
  /** Whether the URL of a metadata document is a valid client id. */
  takesDocuments: boolean
  /** Whether answers name the issuer (RFC 9207). */
  sendsIssuer: boolean
  scopes: string[]
}

export function checkAbilities (report: Report, found: Record<string, unknown>): void {
  const list = (name: string): string[] => (Array.isArray(found[name]) ? found[name].map(String) : [])
  if (!list('code_challenge_methods_supported').includes('S256')) {
    report.fail('code_challenge_methods_supported does not include S256.', 'Clients refuse a server without it.')
  }
  if (!list('token_endpoint_auth_methods_supported').includes('none')) {
    report.fail(
      'token_endpoint_auth_methods_supported does not include none.',
      'The assistants’ clients have no secret: Claude, Cursor and VS Code cannot connect.'
    )
  }
  const documents = found['client_id_metadata_document_supported'] === true
  const registers = typeof found['registration_endpoint'] === 'string'
  if (documents && registers) report.pass('Clients can use a metadata document, or register.')
  else if (!documents && !registers) {
    report.fail(
      'A new client cannot introduce itself: neither client_id_metadata_document_supported nor registration_endpoint.',
      'Each assistant would have to be registered by hand.'
    )
  } else {
    report.warn(
      documents
        ? 'Clients can use a metadata document; they cannot register.'
        : 'Clients can register; they cannot use a metadata document.',
      documents
        ? 'Older clients support registration only.'
        : 'The current protocol prefers documents (client_id_metadata_document_supported); registration is deprecated.'
    )
  }
  if (!list('grant_types_supported').includes('refresh_token')) {
    report.warn(
      'grant_types_supported does not include refresh_token.',
      'People will have to sign in again each time a token expires.'
    )
  } else if (!list('scopes_supported').includes('offline_access')) {
    report.warn(
      'scopes_supported does not include offline_access.',
      'Claude and others then never request a refresh token, and people sign in again each hour.'
    )
  }
}

export function endpointsOf (
  report: Report,
  found: Record<string, unknown>,
  issuer: URL,
  resource: string
): AuthorizationServer | undefined {
  const text = (name: string): string | undefined => (typeof found[name] === 'string' ? found[name] : undefined)
  const [authorize, token, register, revoke] = [
    'authorization_endpoint',
    'token_endpoint',
    'registration_endpoint',
    'revocation_endpoint'
  ].map(text)
  if (authorize === undefined || token === undefined) {
    report.fail('authorization_endpoint or token_endpoint is missing.', 'Without them no one can sign in.')
    return undefined
  }
  const foreign = [authorize, token, register, revoke].filter(
    (address) => address !== undefined && !isReachable(address, issuer)
  )
  if (foreign.length > 0) report.fail(`Clients cannot reach ${foreign.join(', ')}`, BEHIND_A_PROXY)
  return {
    issuer: String(found['issuer']),
    resource,
    authorize,
    token,
    ...(register !== undefined && { register }),
    ...(revoke !== undefined && { revoke }),
    takesDocuments: found['client_id_metadata_document_supported'] === true,
    sendsIssuer: found['authorization_response_iss_parameter_supported'] === true,
    scopes: Array.isArray(found['scopes_supported']) ? found['scopes_supported'].map(String) : []
  }
}
