// Dynamic client registration: what a client may say of itself, and what we keep of it (RFC 7591 §2, §3).
import { z } from 'zod'
import { invalidClientMetadata, invalidRedirectUri } from '../../../errors.ts'
import { authMethods, grantTypes, type AuthMethod, type GrantType } from './contract.ts'
import { toDisplayName, type DisplayName } from '../../display-name.ts'
import { clientMetadata, usableRedirectUris, withoutUnset } from './client-metadata.ts'
import type { RedirectRules } from './redirect-uris.ts'

const MAX_REDIRECT_URIS = 10
/** Of what is kept of one registration, as JSON. */
const MAX_METADATA_BYTES = 4 * 1024

/** The metadata as it is kept and echoed, in the wire's own names. */
export interface ClientMetadata {
  client_name: DisplayName
  redirect_uris: string[]
  token_endpoint_auth_method: AuthMethod
  grant_types: GrantType[]
  response_types: ['code']
  application_type: 'web' | 'native'
  client_uri?: string | undefined
  logo_uri?: string | undefined
  tos_uri?: string | undefined
  policy_uri?: string | undefined
  software_id?: string | undefined
  software_version?: string | undefined
}

const request = clientMetadata.extend({
  redirect_uris: clientMetadata.shape.redirect_uris.max(MAX_REDIRECT_URIS, `must list at most ${MAX_REDIRECT_URIS} URIs`),
  token_endpoint_auth_method: z.enum(authMethods, `must be one of ${authMethods.join(', ')}`).default('none'),
  grant_types: z
    .array(z.string())
    .max(20)
    .default([...grantTypes]),
  response_types: z.array(z.string()).max(20).default(['code']),
  application_type: z.enum(['web', 'native']).optional(),
  jwks_uri: clientMetadata.shape.client_uri
})

/**
 * Checks a registration request. Members we do not know, and values we do not offer, are dropped, and the answer says
 * what was registered (RFC 7591 §2, §3.2.1).
 * @throws invalid_redirect_uri or invalid_client_metadata, naming the member.
 */
export function readRegistration (body: unknown, rules: RedirectRules): ClientMetadata {
  const parsed = request.safeParse(withoutUnset(body))
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    const description = `${issue.path.join('.') || 'the body'}: ${issue.message}`
    throw issue.path[0] === 'redirect_uris' ? invalidRedirectUri(description) : invalidClientMetadata(description)
  }
  const { data } = parsed
  const redirectUris = usableRedirectUris(data.redirect_uris, rules, (uri, problem) =>
    invalidRedirectUri(`${JSON.stringify(uri.slice(0, 200))} ${problem}`)
  )
  const granted = grantTypes.filter((type) => data.grant_types.includes(type))
  if (!granted.includes('authorization_code')) {
    throw invalidClientMetadata('grant_types: must include authorization_code')
  }
  if (!data.response_types.includes('code')) throw invalidClientMetadata('response_types: must include code')
  const allLoopback = redirectUris.every((uri) => uri.startsWith('http:'))
  const metadata: ClientMetadata = {
    client_name: data.client_name || toDisplayName('An app without a name', ''),
    redirect_uris: redirectUris,
    token_endpoint_auth_method: data.token_endpoint_auth_method,
    grant_types: granted,
    response_types: ['code'],
    application_type: data.application_type ?? (allLoopback ? 'native' : 'web'),
    client_uri: data.client_uri,
    logo_uri: data.logo_uri,
    tos_uri: data.tos_uri,
    policy_uri: data.policy_uri,
    software_id: data.software_id,
    software_version: data.software_version
  }
  if (Buffer.byteLength(JSON.stringify(metadata)) > MAX_METADATA_BYTES) {
    throw invalidClientMetadata(
      `the metadata is longer than ${MAX_METADATA_BYTES} bytes; register fewer or shorter members`
    )
  }
  return metadata
}
