// What a person came for: the parked authorization request of an app, or one of our own pages.
import { describeRedirectUri } from '../clients/redirect-uris.ts'

/** An authorization request, checked and frozen (OAuth 2.1 §4.1.1). What the forms post cannot change it. */
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
  /** The attempt to connect it belongs to, for the audit log. */
  attempt: string
}

export type Errand =
  | { kind: 'authorization', request: AuthorizationRequest }
  /** `again`: the person shows anew who they are. */
  | { kind: 'visit', path: string, again?: true }
  /** The person of this account adds a way to sign in to it. */
  | { kind: 'link', userId: string, path: string }

export const attemptOf = (errand: Errand): { attempt?: string } => errand.kind === 'authorization' ? { attempt: errand.request.attempt } : {}

/** On whose behalf the person signs in, if an app sent them. */
export const describeErrand = (errand: Errand): { client?: { name: string, host: string } } => errand.kind === 'authorization'
  ? { client: { name: errand.request.clientName, host: describeRedirectUri(errand.request.redirectUri).host } }
  : {}
