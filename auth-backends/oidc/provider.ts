// Talks to the OpenID provider: reads its metadata and keys, and the claims of a person (OpenID Connect
// Discovery, Core §5.3, §9, §10.1.1).
import { compactVerify, createRemoteJWKSet, customFetch, decodeProtectedHeader } from 'jose'
import type * as OpenIdClient from 'openid-client'
import { boundedFetch } from '../bounded-fetch.ts'
import { makeAppleSecret } from './apple.ts'
import { findClaim } from './groups.ts'
import { appleKeyOf, claimOfGroups, isAnyTenant, isDiscoveryUrl, issuerOf, type Claims, type OidcSettings } from './settings.ts'

/** The provider's description is read again after this: endpoints move rarely. */
const DISCOVERY_LIFETIME_MS = 3_600_000
const KEYS_LIFETIME_MS = 300_000
/** A key that is not known is looked for at once, but not more often than this. */
const KEYS_PAUSE_MS = 5_000

export type Tokens = Awaited<ReturnType<typeof OpenIdClient.authorizationCodeGrant>>

export interface Provider {
  client: typeof OpenIdClient
  configuration: OpenIdClient.Configuration
  /**
   * Checks the signature of an ID token, although it comes over TLS.
   * @throws an error of jose for one that is not valid.
   */
  checkSignature(idToken: string): Promise<void>
}

/**
 * Loads the library and the provider's description when first asked for; a failure is not
 * remembered.
 */
export function createProvider (settings: OidcSettings, timeoutSeconds: number): () => Promise<Provider> {
  let known: { at: number; loaded: Promise<Provider> } | undefined
  return () => {
    if (!known || performance.now() - known.at > DISCOVERY_LIFETIME_MS) {
      const loaded = loadProvider(settings, timeoutSeconds)
      const mine = (known = { at: performance.now(), loaded })
      loaded.catch(() => {
        if (known === mine) known = undefined
      })
    }
    return known.loaded
  }
}

async function loadProvider (settings: OidcSettings, timeout: number): Promise<Provider> {
  const { OIDC_ISSUER, OIDC_CLIENT_ID } = settings
  const client = await import('openid-client')
  // The issuer of any tenant has a gap where the tenant stands. The library knows it by this
  // address, and fills the gap.
  const address = new URL(isAnyTenant(settings) ? issuerOf(OIDC_ISSUER) : OIDC_ISSUER)
  const authentication = authenticationFor(client, settings)
  const configuration = await client.discovery(address, OIDC_CLIENT_ID, undefined, authentication, {
    timeout,
    [client.customFetch]: boundedFetch as OpenIdClient.CustomFetch,
    execute: address.protocol === 'http:' ? [client.allowInsecureRequests] : []
  })
  const { issuer, jwks_uri: keysUrl } = configuration.serverMetadata()
  if (isDiscoveryUrl(OIDC_ISSUER) && !isAnyTenant(settings)) checkDiscoveredFrom(issuer, OIDC_ISSUER)
  return { client, configuration, checkSignature: createSignatureCheck(keysUrl, timeout * 1000) }
}

/**
 * How this client proves itself: with its secret, one that is made for each request, or not at
 * all.
 */
function authenticationFor (client: typeof OpenIdClient, settings: OidcSettings): OpenIdClient.ClientAuth {
  const { OIDC_CLIENT_ID: id, OIDC_CLIENT_SECRET: secret, OIDC_TOKEN_AUTH: method } = settings
  const apple = appleKeyOf(settings)
  if (apple) return async (...request) => client.ClientSecretPost(await makeAppleSecret(id, apple))(...request)
  if (secret === undefined) return client.None()
  return (server, ...rest) =>
    methodFor(method, server.token_endpoint_auth_methods_supported) === 'client_secret_post'
      ? client.ClientSecretPost(secret)(server, ...rest)
      : client.ClientSecretBasic(secret)(server, ...rest)
}

/**
 * A provider lists what it supports, and not what this client is registered for: Basic, unless another method was
 * chosen (OpenID Connect Core §9, RFC 6749 §2.3.1).
 * @param chosen OIDC_TOKEN_AUTH. @param offered what the provider lists.
 */
const methodFor = (chosen: OidcSettings['OIDC_TOKEN_AUTH'], offered: readonly string[] | undefined) =>
  chosen ??
  (offered?.includes('client_secret_post') && !offered.includes('client_secret_basic')
    ? 'client_secret_post'
    : 'client_secret_basic')

/**
 * If the operator gave the address of the document, the issuer in the document counts, provided that its document is at
 * that address (OpenID Connect Discovery §4.1, §4.3).
 * @throws as the library does for another issuer.
 */
function checkDiscoveredFrom (issuer: string, address: string): void {
  const path = '/.well-known/openid-configuration'
  if (issuer.replace(/\/$/, '') + path === new URL(address).href.replace(/\/$/, '')) return
  throw Object.assign(new Error('The discovery document is that of another issuer'), {
    code: 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
    cause: { attribute: 'issuer', body: { issuer } }
  })
}

/**
 * Not openid-client's own check: that waits a minute before it looks for a key that is new.
 */
function createSignatureCheck (keysUrl: string | undefined, timeoutMs: number): Provider['checkSignature'] {
  if (keysUrl === undefined) {
    return async (idToken) => {
      checkAlgorithm(idToken)
      throw Object.assign(new Error('The provider publishes no keys'), { code: 'ERR_NO_KEYS' })
    }
  }
  const keys = createRemoteJWKSet(new URL(keysUrl), {
    timeoutDuration: timeoutMs,
    [customFetch]: boundedFetch,
    cacheMaxAge: KEYS_LIFETIME_MS,
    cooldownDuration: Infinity
  })
  let looked: { at: number; done: Promise<void> } | undefined
  return async (idToken) => {
    checkAlgorithm(idToken)
    try {
      await compactVerify(idToken, keys)
    } catch (error) {
      if ((error as { code?: string }).code !== 'ERR_JWKS_NO_MATCHING_KEY') throw error
      // A caller during the pause gets the result of the last attempt.
      if (!looked || performance.now() - looked.at > KEYS_PAUSE_MS) { looked = { at: performance.now(), done: keys.reload() } }
      await looked.done
      await compactVerify(idToken, keys)
    }
  }
}

/**
 * A shared key proves nothing to a third party, and some providers choose one by default (Core
 * §10.1).
 */
function checkAlgorithm (idToken: string): void {
  const { alg } = decodeProtectedHeader(idToken)
  if (!/^(?:HS|none)/.test(alg ?? 'none')) return
  throw Object.assign(new Error('The ID token is signed with a shared key'), { code: 'OAUTH_UNSUPPORTED_OPERATION', cause: { alg } })
}

/**
 * Some providers keep the ID token small and return the rest from the userinfo endpoint
 * (OpenID Connect Core §5.3).
 */
export async function completeClaims (
  { client, configuration }: Provider,
  accessToken: string,
  known: Claims,
  settings: OidcSettings
): Promise<Claims> {
  const needsGroups = settings.OIDC_ALLOWED_GROUPS !== undefined || settings.OIDC_GROUPS_CLAIM !== undefined
  const wanted = ['email', 'name', ...(needsGroups ? [claimOfGroups(settings)] : [])]
  if (!configuration.serverMetadata().userinfo_endpoint || wanted.every((name) => findClaim(known, name) !== undefined)) { return known }
  // It refuses an answer about another subject.
  return { ...(await client.fetchUserInfo(configuration, accessToken, String(known['sub']))), ...known }
}
