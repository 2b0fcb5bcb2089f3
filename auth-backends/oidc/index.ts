// Sign-in with the people of any OpenID provider: authorization code flow
// with PKCE, state and nonce (OpenID Connect Core §3.1).
// This room owns the settings, the provider's metadata and keys, who may sign in, sessions at the provider, and its
// faults in words; it hands the backend on.
import type { Text } from '../../languages/index.ts'
import {
  BackendUnavailable,
  type AuthBackend,
  type BackendHost,
  type BackendModule,
  type SignedIn,
  type SignInAnswer
} from '../contract.ts'
import { markOfHost, nameOfMark } from '../marks.ts'
import { nameFromApple } from './apple.ts'
import { authorizationParameters } from './authorization.ts'
import { describeFault, refusalOf } from './faults.ts'
import { OVERAGE_HELP, readGroups } from './groups.ts'
import { completeClaims, createProvider, type Tokens } from './provider.ts'
import { restriction, type Restriction } from './restriction.ts'
import { createOidcSessions, sessionOf } from './sessions.ts'
import { authenticationAge, vouchesForSecondFactor } from './second-factor.ts'
import {
  addressOf,
  env,
  isApple,
  issuerOf,
  subjectOf,
  type Claims,
  type OidcSettings
} from './settings.ts'
import { nameProblem } from '../sign-up-rules.ts'

const TIMEOUT_SECONDS = 8
/** OpenID Connect Core §2. */
const MAX_SUBJECT_CHARACTERS = 255

interface Memo {
  verifier: string
  nonce: string
}

/**
 * @throws nothing: the provider is asked at the first sign-in, so that a
 * start does not depend on it.
 */
export function openOidc (
  settings: OidcSettings,
  timeoutSeconds = TIMEOUT_SECONDS,
  { log, spell = (text) => text }: Partial<Pick<BackendHost, 'log' | 'spell'>> = {}
): AuthBackend {
  const { host, title, button } = describeProvider(settings)
  const provider = createProvider(settings, timeoutSeconds)

  /**
   * @throws BackendUnavailable for a fault that the person cannot have
   * caused.
   */
  const unavailable = (error: unknown, session?: string): never => {
    const { reason, says } = describeFault(error, settings)
    throw new BackendUnavailable(`The OpenID provider at ${host} ${spell(says)}`, { reason, session })
  }

  const { turnedAway, noteOverage } = createReports(settings, host, (line) => log?.warn(spell(line)))
  return {
    title,
    redirect: {
      providers: [button],
      async begin ({ callbackUrl, state, ...asked }) {
        const { client, configuration } = await provider().catch(unavailable)
        const continuation: Memo = {
          verifier: client.randomPKCECodeVerifier(),
          nonce: client.randomNonce()
        }
        const url = client.buildAuthorizationUrl(configuration, {
          redirect_uri: callbackUrl,
          ...authorizationParameters(settings, asked, promptsOf(configuration.serverMetadata())),
          state,
          nonce: continuation.nonce,
          code_challenge: await client.calculatePKCECodeChallenge(continuation.verifier),
          code_challenge_method: 'S256'
        })
        return { url: url.href, continuation: JSON.stringify(continuation) }
      },
      async finish ({ url, state, continuation }) {
        const { verifier, nonce } = JSON.parse(continuation) as Memo
        const known = await provider().catch(unavailable)
        try {
          const tokens = await known.client.authorizationCodeGrant(known.configuration, url, {
            expectedState: state,
            expectedNonce: nonce,
            pkceCodeVerifier: verifier,
            idTokenExpected: true
          })
          await known.checkSignature(tokens.id_token!)
          const signed = { ...tokens.claims() }
          const claims = await completeClaims(known, tokens.access_token, signed, settings)
          const refusal = restriction(claims, settings)
          if (refusal) return turnedAway(refusal)
          noteOverage(claims)
          const answer = identify(claims, settings, isApple(settings) ? nameFromApple(url.searchParams) : undefined)
          return 'refused' in answer ? answer : { ...answer, ...vouchedFor(signed, settings), ...keptOf(claims, tokens) }
        } catch (error) {
          const answer = personalAnswer(error, title)
          return answer === undefined ? unavailable(error) : answer
        }
      }
    },
    sessions: createOidcSessions({ provider, settings, unavailable, turnedAway, noteOverage })
  }
}

/** What people call the provider, and its button. */
function describeProvider ({ OIDC_ISSUER, OIDC_TITLE }: OidcSettings) {
  const { host } = new URL(issuerOf(OIDC_ISSUER))
  const mark = markOfHost(host)
  const title = OIDC_TITLE ?? (mark ? nameOfMark(mark) : host)
  const label = { key: 'providers.continueWith', values: { provider: title } } as const
  return { host, title, button: { id: 'oidc', label, ...(mark && { mark }) } }
}

/** The person cannot correct it, so it is logged for the operator. */
const createReports = (settings: OidcSettings, host: string, warn: (line: string) => void) => ({
  turnedAway ({ cause, refused }: Restriction): { refused: Text } {
    warn(`OpenID provider at ${host}: a person was refused: ${cause}`)
    return { refused }
  },
  /** Such a person comes in, and is in none of their groups here. */
  noteOverage (claims: Claims): void {
    if (readGroups(claims, settings).isOverage) warn(`OpenID provider at ${host}: a person's groups are not known: ${OVERAGE_HELP}`)
  }
})

/**
 * RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6: what a person can bring
 * about.
 */
const TURNED_BACK = new Set([
  'access_denied',
  'login_required',
  'consent_required',
  'interaction_required',
  'account_selection_required',
  'user_cancelled',
  // Apple's.
  'user_cancelled_authorize'
])

/**
 * Faults that are not the provider's: the person canceled, or the code is not for this sign-in.
 * @returns undefined for a fault of the provider.
 */
function personalAnswer (
  error: unknown,
  title: string
): SignInAnswer | undefined {
  const { code, error: refusal } = error as { code?: string; error?: string }
  if (code === 'OAUTH_AUTHORIZATION_RESPONSE_ERROR' && TURNED_BACK.has(refusal ?? '')) { return { refused: { key: 'providers.turnedBack', values: { provider: title } } } }
  return refusalOf(error) === 'invalid_grant' ? null : undefined
}

/** @param signed the claims of the ID token: what userinfo says has no signature. */
function vouchedFor (signed: Claims, settings: OidcSettings): Pick<SignedIn, 'authenticationAgeSeconds' | 'secondFactor'> {
  const authenticationAgeSeconds = authenticationAge(signed)
  return {
    ...(authenticationAgeSeconds !== undefined && { authenticationAgeSeconds }),
    ...(vouchesForSecondFactor(signed, settings) && { secondFactor: true })
  }
}

function keptOf (claims: Claims, tokens: Tokens): Pick<SignedIn, 'session'> {
  const session = sessionOf(String(claims['sub']), tokens)
  return session === undefined ? {} : { session }
}

/** @param firstName of a provider that names the person beside the token. */
function identify (claims: Claims, settings: OidcSettings, firstName?: string): SignedIn | { refused: Text } {
  if (String(claims['sub']).length > MAX_SUBJECT_CHARACTERS) { return { refused: { key: 'providers.longId' } } }
  const called = [claims['name'], firstName, claims['preferred_username']].find(
    (name) => typeof name === 'string' && name.trim() !== '' && nameProblem(name) === undefined
  )
  return {
    subject: subjectOf(claims),
    ...addressOf(claims, settings),
    ...(called !== undefined && { name: called as string }),
    groups: readGroups(claims, settings).groups
  }
}

/** Not part of Discovery 1.0 (OpenID Connect Prompt Create 1.0 §4.1). */
const promptsOf = ({ prompt_values_supported: prompts }: Readonly<Record<string, unknown>>): string[] =>
  Array.isArray(prompts) ? prompts.filter((prompt) => typeof prompt === 'string') : []

export default {
  env,
  severalTimes: true,
  open: (settings, host) => openOidc(settings, TIMEOUT_SECONDS, host)
} satisfies BackendModule<OidcSettings>
