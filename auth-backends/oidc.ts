// Sign-in with the people of any OpenID provider: authorization code flow with PKCE, state and nonce (OpenID Connect Core §3.1, Discovery, RP-Initiated Logout).
import type * as OpenIdClient from 'openid-client'
import { BackendUnavailable, type AuthBackend, type BackendModule, type Fault, type SignInAnswer } from './contract.ts'
import { addressOf, env, restriction, type Claims, type OidcSettings } from './oidc-settings.ts'
import { nameProblem } from './sign-up-rules.ts'

/** Seconds. */
const TIMEOUT = 8
/** Milliseconds after which the provider's description is read again: endpoints move rarely. */
const DISCOVERY_LIFETIME = 3_600_000
/** What the browser carries to the provider at sign-out must fit into a URL. */
const LONGEST_HINT = 4096

/** OpenID Connect Core §2. */
const MAX_SUBJECT_CHARACTERS = 255

interface Memo { verifier: string, nonce: string }

/** @throws nothing: the provider is asked at the first sign-in, so that a start does not depend on it. */
export function openOidc (settings: OidcSettings, timeout = TIMEOUT): AuthBackend {
  const host = new URL(settings.OIDC_ISSUER).host
  const title = settings.OIDC_TITLE ?? host
  const provider = createProvider(settings, timeout)

  /** @throws BackendUnavailable for whatever cannot be the person's doing. */
  const unavailable = (error: unknown): never => {
    const { fault, says } = describeFault(error)
    throw new BackendUnavailable(`The OpenID provider at ${host} ${says}`, { fault })
  }

  /** What may be wrong besides the provider: the person turned back, or the code is not for this sign-in. */
  function answerTo (error: unknown): SignInAnswer {
    const { code, error: refusal } = error as { code?: string, error?: string }
    if (code === 'OAUTH_AUTHORIZATION_RESPONSE_ERROR' && TURNED_BACK.has(refusal ?? '')) return { refused: `You did not go on at ${title}. Try again, or sign in another way.` }
    if (code === 'OAUTH_RESPONSE_BODY_ERROR' && refusal === 'invalid_grant') return null
    return unavailable(error)
  }

  return {
    title,
    redirect: {
      providers: [{ id: 'oidc', label: `Continue with ${title}` }],
      async begin ({ callbackUrl, state }) {
        const { client, configuration } = await provider().catch(unavailable)
        const memo: Memo = { verifier: client.randomPKCECodeVerifier(), nonce: client.randomNonce() }
        const url = client.buildAuthorizationUrl(configuration, {
          redirect_uri: callbackUrl,
          scope: settings.OIDC_SCOPE,
          state,
          nonce: memo.nonce,
          code_challenge: await client.calculatePKCECodeChallenge(memo.verifier),
          code_challenge_method: 'S256'
        })
        return { url: url.href, memo: JSON.stringify(memo) }
      },
      async finish ({ url, state, memo }) {
        const { verifier, nonce } = JSON.parse(memo) as Memo
        const known = await provider().catch(unavailable)
        try {
          const tokens = await known.client.authorizationCodeGrant(known.configuration, url, { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true })
          return identify(await completeClaims(known, tokens, settings), settings, tokens.id_token)
        } catch (error) {
          return answerTo(error)
        }
      }
    },
    sessions: {
      async logoutUrl (session, returnTo) {
        const { client, configuration } = await provider().catch(unavailable)
        if (!configuration.serverMetadata().end_session_endpoint) return undefined
        return client.buildEndSessionUrl(configuration, { post_logout_redirect_uri: returnTo, id_token_hint: session }).href
      }
    }
  }
}

/** RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6: what a person can bring about. */
const TURNED_BACK = new Set(['access_denied', 'login_required', 'consent_required', 'interaction_required', 'account_selection_required', 'user_cancelled'])

interface Provider { client: typeof OpenIdClient, configuration: OpenIdClient.Configuration }

/** Loads the library and the provider's description when first asked for; a failure is not remembered. */
function createProvider (settings: OidcSettings, timeout: number): () => Promise<Provider> {
  let known: { at: number, loaded: Promise<Provider> } | undefined
  return () => {
    if (!known || performance.now() - known.at > DISCOVERY_LIFETIME) {
      const loaded = loadProvider(settings, timeout)
      const mine = known = { at: performance.now(), loaded }
      loaded.catch(() => { if (known === mine) known = undefined })
    }
    return known.loaded
  }
}

async function loadProvider ({ OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET: secret }: OidcSettings, timeout: number): Promise<Provider> {
  const client = await import('openid-client')
  const issuer = new URL(OIDC_ISSUER)
  // Discovery §3: a provider that does not say how it takes the secret takes it by Basic.
  const authentication: OpenIdClient.ClientAuth = secret === undefined
    ? client.None()
    : (server, ...rest) => server.token_endpoint_auth_methods_supported?.includes('client_secret_post')
        ? client.ClientSecretPost(secret)(server, ...rest)
        : client.ClientSecretBasic(secret)(server, ...rest)
  const configuration = await client.discovery(issuer, OIDC_CLIENT_ID, undefined, authentication, {
    timeout,
    // The signature of the ID token is checked, although it comes over TLS.
    execute: [client.enableNonRepudiationChecks, ...(issuer.protocol === 'http:' ? [client.allowInsecureRequests] : [])]
  })
  return { client, configuration }
}

/** Some providers keep the ID token small and tell the rest at the userinfo endpoint (OpenID Connect Core §5.3). */
async function completeClaims ({ client, configuration }: Provider, tokens: Tokens, settings: OidcSettings): Promise<Claims> {
  const claims: Claims = { ...tokens.claims() }
  const wanted = ['email', 'name', ...(settings.OIDC_ALLOWED_GROUPS ? [settings.OIDC_GROUPS_CLAIM] : [])]
  if (!configuration.serverMetadata().userinfo_endpoint || wanted.every((name) => claims[name] !== undefined)) return claims
  // It refuses an answer about another subject.
  return { ...await client.fetchUserInfo(configuration, tokens.access_token, String(claims['sub'])), ...claims }
}

type Tokens = Awaited<ReturnType<typeof OpenIdClient.authorizationCodeGrant>>

function identify (claims: Claims, settings: OidcSettings, idToken: string | undefined): SignInAnswer {
  const refused = restriction(claims, settings)
  if (refused) return { refused }
  if (String(claims['sub']).length > MAX_SUBJECT_CHARACTERS) return { refused: 'Your provider names you by an id that is too long to be kept here.' }
  const called = [claims['name'], claims['preferred_username']].find((name) => typeof name === 'string' && name.trim() !== '' && nameProblem(name) === undefined)
  return {
    // A subject is unique within its issuer only (OpenID Connect Core §2).
    subject: `${claims['iss']} ${claims['sub']}`,
    ...addressOf(claims, settings),
    ...(called !== undefined && { name: called as string }),
    ...(idToken !== undefined && idToken.length <= LONGEST_HINT && { session: idToken })
  }
}

/** Names the fault by its code and status, never by its text: that may repeat what was sent. */
function describeFault (error: unknown): { fault: Fault, says: string } {
  const { code, error: refusal, status, cause } = error as { code?: string, error?: string, status?: number, cause?: unknown }
  if (code === 'OAUTH_TIMEOUT') return { fault: 'slow', says: 'did not answer in time' }
  if (code === 'OAUTH_AUTHORIZATION_RESPONSE_ERROR' || code === 'OAUTH_RESPONSE_BODY_ERROR') {
    const named = /^[a-z_]{1,60}$/.test(refusal ?? '') ? refusal : 'an error'
    if (named === 'server_error' || named === 'temporarily_unavailable') return { fault: 'unreachable', says: `answered ${named}` }
    const advice = named === 'invalid_client' || named === 'unauthorized_client' ? ': check OIDC_CLIENT_ID and OIDC_CLIENT_SECRET' : ''
    return { fault: 'refused', says: `answered ${status ? `HTTP ${status} ` : ''}${named}${advice}` }
  }
  if (cause instanceof Response) {
    if (cause.status === 429) return { fault: 'busy', says: 'answered HTTP 429' }
    if (cause.status >= 500) return { fault: 'unreachable', says: `answered HTTP ${cause.status}` }
    return { fault: 'unreadable', says: `gave an answer that cannot be read (HTTP ${cause.status})` }
  }
  if (code === undefined || (error instanceof TypeError && !/^ERR_/.test(code))) {
    const reason = (cause as { code?: unknown } | undefined)?.code
    return { fault: 'unreachable', says: `could not be reached${typeof reason === 'string' ? ` (${reason})` : ''}` }
  }
  return { fault: 'unreadable', says: `gave an answer that does not hold (${code})` }
}

export default {
  env,
  open: (settings) => openOidc(settings)
} satisfies BackendModule<OidcSettings>
