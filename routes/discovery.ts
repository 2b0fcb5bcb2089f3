// The documents a client finds this server by: protected-resource metadata (RFC 9728 §3), authorization-server metadata
// (RFC 8414 §3) and the OpenID provider's (OpenID Connect Discovery §4), in every spelling clients probe.
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config/index.ts'
import { languages } from '../languages/index.ts'
import { wellKnown, type Paths } from '../paths.ts'
import type { Identity } from '../plugins/identity.ts'
import { assertionAlgorithms } from '../plugins/oauth/clients/assertion.ts'
import { authMethods, type GrantType } from '../plugins/oauth/clients/contract.ts'
import { SECOND_FACTOR } from '../plugins/oauth/id-tokens.ts'
import { offeredScopes, resourceScopes } from '../plugins/oauth/scopes.ts'

const CACHE_SECONDS = 300

type Options = Pick<Config, 'publicUrl' | 'mcpUrl' | 'endpoints'>

export default async function discovery (app: FastifyInstance, options: Options) {
  const { paths, identity } = app
  const resourceOf = (resource: string) => protectedResource(options, resource, identity)
  const server = {
    ...authorizationServer(options, paths, identity, app.clients.grantTypes),
    ...(app.idJag.isOn && enterpriseManaged)
  }
  const openid = { ...server, ...openidProvider(options, paths, app.openid.algorithm) }
  const documents: Record<string, object> = {
    [paths.protectedResource]: resourceOf(options.mcpUrl),
    [paths.authorizationServer]: server,
    [paths.openidConfiguration]: openid,
    // Asked for by ChatGPT at times.
    [`${paths.token}${paths.openidConfiguration}`]: openid
  }
  for (const { path, resource } of options.endpoints) {
    if (path === '/') continue
    documents[wellKnown(paths.protectedResource, path)] = resourceOf(resource)
    // Clients that take the MCP URL for the issuer look here (RFC 8414 §3.1, path inserted).
    documents[wellKnown(paths.authorizationServer, path)] = server
    documents[wellKnown(paths.openidConfiguration, path)] = openid
    // And with the path in front, as OpenID Connect Discovery §4.1 appends it; some append the
    // others in the same way.
    documents[path + paths.openidConfiguration] = openid
    documents[path + paths.authorizationServer] = server
    documents[path + paths.protectedResource] = resourceOf(resource)
  }
  for (const [path, document] of Object.entries(documents)) {
    const body = JSON.stringify(document)
    for (const url of [path, `${path}/`]) {
      app.get(url, { config: { isAudited: true } }, (request, reply) => {
        app.audit.recordOnce(request, 'discovery')
        return reply
          .header('content-type', 'application/json; charset=utf-8')
          .header('cache-control', `public, max-age=${CACHE_SECONDS}`)
          .send(body)
      })
    }
  }
}

const protectedResource = ({ publicUrl, mcpUrl }: Options, resource: string, { name, urls }: Identity) => ({
  resource,
  authorization_servers: [publicUrl],
  scopes_supported: resourceScopes,
  bearer_methods_supported: ['header'],
  resource_name: name,
  resource_documentation: urls.support ?? mcpUrl,
  ...(urls.privacy && { resource_policy_uri: urls.privacy }),
  ...(urls.terms && { resource_tos_uri: urls.terms })
})

const authorizationServer = (
  { publicUrl, mcpUrl }: Options,
  paths: Paths,
  { urls }: Identity,
  grantTypes: readonly GrantType[]
) => ({
  issuer: publicUrl,
  authorization_endpoint: publicUrl + paths.authorize,
  token_endpoint: publicUrl + paths.token,
  registration_endpoint: publicUrl + paths.register,
  revocation_endpoint: publicUrl + paths.revoke,
  introspection_endpoint: publicUrl + paths.introspect,
  jwks_uri: publicUrl + paths.keys,
  scopes_supported: offeredScopes,
  response_types_supported: ['code'],
  response_modes_supported: ['query'],
  grant_types_supported: grantTypes,
  client_id_metadata_document_supported: true,
  token_endpoint_auth_methods_supported: [...authMethods, 'private_key_jwt'],
  token_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
  revocation_endpoint_auth_methods_supported: [...authMethods, 'private_key_jwt'],
  revocation_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
  introspection_endpoint_auth_methods_supported: [...authMethods, 'private_key_jwt'].filter(
    (method) => method !== 'none'
  ),
  introspection_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
  code_challenge_methods_supported: ['S256'],
  authorization_response_iss_parameter_supported: true,
  ui_locales_supported: languages,
  service_documentation: mcpUrl,
  ...(urls.privacy && { op_policy_uri: urls.privacy }),
  ...(urls.terms && { op_tos_uri: urls.terms })
})

/**
 * ID-JAG draft §7.2, and §6 of the MCP extension: how a client learns that it needs no page
 * here.
 */
const enterpriseManaged = {
  authorization_grant_profiles_supported: ['urn:ietf:params:oauth:grant-profile:id-jag']
}

/** What OpenID Connect Discovery §3 asks for beyond RFC 8414: all of it true. */
const openidProvider = ({ publicUrl }: Options, paths: Paths, algorithm: string) => ({
  userinfo_endpoint: publicUrl + paths.userinfo,
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: [algorithm],
  claims_supported: ['sub', 'email', 'email_verified', 'name', 'nonce', 'auth_time', 'acr', 'amr'],
  acr_values_supported: [SECOND_FACTOR],
  prompt_values_supported: ['none', 'login', 'consent', 'select_account'],
  claims_parameter_supported: false,
  request_parameter_supported: false,
  request_uri_parameter_supported: false
})
