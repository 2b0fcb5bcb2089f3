// The OpenID provider as this server talks to it: its description and keys, the claims of a person, and what its faults
// are (OpenID Connect Discovery, Core §5.3, §10.1.1).
import { compactVerify, createRemoteJWKSet } from 'jose'
import type * as OpenIdClient from 'openid-client'
import type { OutageReason } from '../contract.ts'
import type { Claims, OidcSettings } from './settings.ts'

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
   * @throws an error of jose for one that does not hold.
   */
  checkSignature(idToken: string): Promise<void>
}

/** Loads the library and the provider's description when first asked for; a failure is not remembered. */
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

async function loadProvider (
  { OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET: secret }: OidcSettings,
  timeout: number
): Promise<Provider> {
  const client = await import('openid-client')
  const issuer = new URL(OIDC_ISSUER)
  // Discovery §3: a provider that does not say how it takes the secret takes it by Basic.
  const authentication: OpenIdClient.ClientAuth =
    secret === undefined
      ? client.None()
      : (server, ...rest) =>
          server.token_endpoint_auth_methods_supported?.includes('client_secret_post')
            ? client.ClientSecretPost(secret)(server, ...rest)
            : client.ClientSecretBasic(secret)(server, ...rest)
  const configuration = await client.discovery(issuer, OIDC_CLIENT_ID, undefined, authentication, {
    timeout,
    execute: issuer.protocol === 'http:' ? [client.allowInsecureRequests] : []
  })
  const { jwks_uri: keysUrl } = configuration.serverMetadata()
  return { client, configuration, checkSignature: createSignatureCheck(keysUrl, timeout * 1000) }
}

/** Not openid-client's own check: that waits a minute before it looks for a key that is new. */
function createSignatureCheck (keysUrl: string | undefined, timeoutMs: number): Provider['checkSignature'] {
  if (keysUrl === undefined) {
    return async () => {
      throw Object.assign(new Error('The provider publishes no keys'), { code: 'ERR_NO_KEYS' })
    }
  }
  const keys = createRemoteJWKSet(new URL(keysUrl), {
    timeoutDuration: timeoutMs,
    cacheMaxAge: KEYS_LIFETIME_MS,
    cooldownDuration: Infinity
  })
  let looked: { at: number; done: Promise<void> } | undefined
  return async (idToken) => {
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

/** Some providers keep the ID token small and return the rest from the userinfo endpoint (OpenID Connect Core §5.3). */
export async function completeClaims (
  { client, configuration }: Provider,
  accessToken: string,
  known: Claims,
  settings: OidcSettings
): Promise<Claims> {
  const wanted = ['email', 'name', ...(settings.OIDC_ALLOWED_GROUPS ? [settings.OIDC_GROUPS_CLAIM] : [])]
  if (!configuration.serverMetadata().userinfo_endpoint || wanted.every((name) => known[name] !== undefined)) { return known }
  // It refuses an answer about another subject.
  return { ...(await client.fetchUserInfo(configuration, accessToken, String(known['sub']))), ...known }
}

/** The code of the provider's answer to a token request that was refused (RFC 6749 §5.2). */
export const refusalOf = (error: unknown): string | undefined => {
  const { code, error: refusal } = error as { code?: string; error?: string }
  return code === 'OAUTH_RESPONSE_BODY_ERROR' ? refusal : undefined
}

/** Names the fault by its code and status, never by its text: that may repeat what was sent. */
export function describeFault (error: unknown): { reason: OutageReason; says: string } {
  const {
    code,
    error: refusal,
    status,
    cause
  } = error as { code?: string; error?: string; status?: number; cause?: unknown }
  if (code === 'OAUTH_TIMEOUT' || code === 'ERR_JWKS_TIMEOUT') return { reason: 'slow', says: 'did not answer in time' }
  if (code === 'ERR_JOSE_GENERIC') return { reason: 'unreachable', says: 'did not send its keys' }
  if (code === 'OAUTH_AUTHORIZATION_RESPONSE_ERROR' || code === 'OAUTH_RESPONSE_BODY_ERROR') {
    const named = /^[a-z_]{1,60}$/.test(refusal ?? '') ? refusal : 'an error'
    if (named === 'server_error' || named === 'temporarily_unavailable') { return { reason: 'unreachable', says: `answered ${named}` } }
    const advice =
      named === 'invalid_client' || named === 'unauthorized_client'
        ? ': check OIDC_CLIENT_ID and OIDC_CLIENT_SECRET'
        : ''
    return { reason: 'refused', says: `answered ${status ? `HTTP ${status} ` : ''}${named}${advice}` }
  }
  if (cause instanceof Response) {
    if (cause.status === 429) return { reason: 'busy', says: 'answered HTTP 429' }
    if (cause.status >= 500) return { reason: 'unreachable', says: `answered HTTP ${cause.status}` }
    return { reason: 'unreadable', says: `gave an answer that cannot be read (HTTP ${cause.status})` }
  }
  if (code === undefined || (error instanceof TypeError && !/^ERR_/.test(code))) {
    const causeCode = (cause as { code?: unknown } | undefined)?.code
    return { reason: 'unreachable', says: `could not be reached${typeof causeCode === 'string' ? ` (${causeCode})` : ''}` }
  }
  return { reason: 'unreadable', says: `gave an answer that does not hold (${code})` }
}
