// What this server keeps of a sign-in at an OpenID provider: a hint for
// signing out there, and, where the provider gives one, a refresh token
// that shows whether the person still has their account (OpenID Connect
// Core §12, RFC 7009, RP-Initiated Logout).
import type { Sessions } from '../contract.ts'
import { refusalOf } from './faults.ts'
import { readGroups } from './groups.ts'
import { completeClaims, type Provider } from './provider.ts'
import { restriction, type Restriction } from './restriction.ts'
import { isApple, subjectOf, type Claims, type OidcSettings } from './settings.ts'

/**
 * What the browser carries to the provider at sign-out must fit into a URL.
 */
const MAX_HINT_CHARACTERS = 4096
/**
 * A provider is asked about each sign-in at most this often; Apple slows down who asks more
 * than once a day.
 */
const FRESH_SECONDS = 900
const FRESH_SECONDS_AT_APPLE = 86_400

interface OidcSession {
  subject: string
  idToken?: string
  refreshToken?: string
}

/**
 * RFC 6749 §5.2, OpenID Connect Core §3.1.2.6: the provider says that this person has to sign in again, or cannot any
 * more.
 */
const OVER = new Set([
  'invalid_grant',
  'login_required',
  'consent_required',
  'interaction_required',
  'account_selection_required'
])

/** @returns undefined when there is nothing to keep. */
export function sessionOf (
  subject: string,
  {
    id_token: idToken,
    refresh_token: refreshToken
  }: { id_token?: string | undefined; refresh_token?: string | undefined }
): string | undefined {
  const hint = idToken !== undefined && idToken.length <= MAX_HINT_CHARACTERS ? { idToken } : {}
  const session: OidcSession = { subject, ...hint, ...(refreshToken !== undefined && { refreshToken }) }
  return 'idToken' in session || 'refreshToken' in session ? JSON.stringify(session) : undefined
}

/** Sessions from before refresh tokens were stored are only an ID token. */
const readSession = (session: string): Partial<OidcSession> =>
  session.startsWith('{') ? (JSON.parse(session) as OidcSession) : { idToken: session }

interface Deps {
  provider(): Promise<Provider>
  settings: OidcSettings
  /**
   * @param session that the provider gave before the fault.
   * @throws BackendUnavailable for a fault of the provider.
   */
  unavailable(error: unknown, session?: string): never
  /** Reports to the operator why a person may no longer sign in. */
  turnedAway(refusal: Restriction): unknown
  /** Reports to the operator that the groups of a person are not known. */
  noteOverage(claims: Claims): void
}

export function createOidcSessions (deps: Deps): Sessions {
  const { provider, settings, unavailable, turnedAway, noteOverage } = deps
  return {
    freshForSeconds: isApple(settings) ? FRESH_SECONDS_AT_APPLE : FRESH_SECONDS,
    async renew (session) {
      const { subject, idToken, refreshToken } = readSession(session)
      // There is nothing to ask with.
      if (subject === undefined || refreshToken === undefined) return session
      const known = await provider().catch(unavailable)
      // The refresh token may have counted once: what it gave is kept, whatever fails after it.
      let given: string | undefined
      try {
        const tokens = await known.client.refreshTokenGrant(known.configuration, refreshToken)
        given = sessionOf(subject, { id_token: idToken, refresh_token: tokens.refresh_token ?? refreshToken })
        if (tokens.id_token !== undefined) await known.checkSignature(tokens.id_token)
        // Core §12.2: it is the same person.
        if ((tokens.claims()?.sub ?? subject) !== subject) return null
        const asked = { iss: known.configuration.serverMetadata().issuer, sub: subject, ...tokens.claims() }
        const claims = await completeClaims(known, tokens.access_token, asked, settings)
        const isTold = tokens.id_token !== undefined || claims !== asked
        const refusal = isTold ? restriction(claims, settings) : undefined
        if (refusal) {
          turnedAway(refusal)
          return null
        }
        const renewed = sessionOf(subject, {
          id_token: tokens.id_token ?? idToken,
          refresh_token: tokens.refresh_token ?? refreshToken
        })!
        const { claim, groups } = readGroups(claims, settings)
        // Userinfo alone may be silent about groups that ID tokens name.
        if (tokens.id_token === undefined && claim === undefined) return renewed
        noteOverage(claims)
        return { session: renewed, person: { subject: subjectOf(claims), groups } }
      } catch (error) {
        return OVER.has(refusalOf(error) ?? '') ? null : unavailable(error, given)
      }
    },
    async end (session) {
      const { refreshToken } = readSession(session)
      if (refreshToken === undefined) return
      const { client, configuration } = await provider().catch(unavailable)
      if (!configuration.serverMetadata().revocation_endpoint) return
      await client.tokenRevocation(configuration, refreshToken).catch(unavailable)
    },
    async logoutUrl (session, returnTo) {
      const { idToken } = readSession(session)
      const { client, configuration } = await provider().catch(unavailable)
      if (idToken === undefined || !configuration.serverMetadata().end_session_endpoint) return undefined
      return client.buildEndSessionUrl(configuration, {
        post_logout_redirect_uri: returnTo,
        id_token_hint: idToken,
        // Amazon Cognito knows the address by this name only; others ignore
        // what they do not know (§2).
        logout_uri: returnTo
      }).href
    }
  }
}
