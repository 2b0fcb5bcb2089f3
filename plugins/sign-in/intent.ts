// What a person came for: the parked authorization request of an app, or one of our own pages.
import { invalidRequest } from '../../errors.ts'
import { describeRedirectUri } from '../oauth/clients/redirect-uris.ts'

/**
 * An authorization request, checked and frozen (OAuth 2.1 §4.1.1). What the forms post cannot
 * change it.
 */
export interface AuthorizationRequest {
  clientId: string
  /** As shown on the consent page. */
  clientName: string
  redirectUri: string
  redirectUriGiven: boolean
  state?: string
  scopes: string[]
  resource: string
  challenge: string
  nonce?: string
  /**
   * Seconds; the person must have proved who they are within them (OpenID Connect Core
   * §3.1.2.1).
   */
  maxAge?: number
  wishes?: SignInWishes
  /** Id of the connection attempt that it belongs to, for the audit log. */
  attempt: string
}

/** What an app wants of the sign-in (OpenID Connect Core §3.1.2.1). */
export interface SignInWishes {
  /**
   * `login`: the person should sign in again; `select_account`: and choose the account.
   */
  prompt?: 'login' | 'select_account'
  /** A second factor, if they have one (`acr_values`). */
  secondFactor?: true
  /** Whom the app expects, in its words; for a provider. */
  loginHint?: string
  /**
   * User id that the app named by an ID token of ours (`id_token_hint`): nobody else may
   * continue.
   */
  subject?: string
}

export type SignInIntent =
  | { kind: 'authorization'; request: AuthorizationRequest }
  /**
   * `again`: only fresh proof of who the person is counts; `factor`: and a second factor is
   * enough.
   */
  | { kind: 'visit'; path: string; again?: true | 'factor' }
  /** The person of this account adds a sign-in method to it. */
  | { kind: 'link'; userId: string; path: string }

/** Longer paths are not stored for after the sign-in. */
export const MAX_PATH_CHARS = 2_048

/**
 * One of our own pages, to go to after the sign-in.
 * @throws invalid_request for a path that is too long to be carried along.
 */
export function pageIntent (path: string): Extract<SignInIntent, { kind: 'visit' }> {
  if (path.length > MAX_PATH_CHARS) {
    throw invalidRequest({ key: 'sign-in.addressTooLong' })
  }
  return { kind: 'visit', path }
}

/** The person has to prove again who they are, and then goes to `path`. */
export const proofIntent = (path: string): SignInIntent => ({ ...pageIntent(path), again: true })

/**
 * A signed-in person has to show a second factor again, and then goes to `path`: for
 * `interactions.resume`.
 */
export const factorIntent = (path: string): SignInIntent => ({ ...pageIntent(path), again: 'factor' })

/** The connection attempt that a sign-in belongs to, as the audit log records it. */
export const attemptOf = (intent: SignInIntent): { attempt?: string; client?: string } =>
  intent.kind === 'authorization' ? { attempt: intent.request.attempt, client: intent.request.clientId } : {}

/** The app that sent the person to sign in, if one did. */
export const describeIntent = (intent: SignInIntent): { client?: { name: string; host: string } } =>
  intent.kind === 'authorization'
    ? { client: { name: intent.request.clientName, host: describeRedirectUri(intent.request.redirectUri).host } }
    : {}

/** The same, with a provider that lets the person choose the account. */
export const choosingAccount = (intent: SignInIntent): SignInIntent =>
  intent.kind === 'authorization'
    ? { ...intent, request: { ...intent.request, wishes: { ...intent.request.wishes, prompt: 'select_account' } } }
    : intent
