// Who may ask for tokens: a client, however it became known (registered, its own metadata document, CLIENTS, ChatGPT's
// bare ids). The room owns registration, metadata documents with everything that is fetched for them, and client
// authentication; it hands a `Client` to the endpoints and never sees a grant.
// Tested in test/plugins/oauth/clients/registration.test.ts.
import type { DisplayName } from '../../display-name.ts'
import type { Service } from '../services.ts'
import type { AssertionKeys } from './assertion-keys.ts'

/** How a client that registers may authenticate at the token endpoint (RFC 7591 §2). */
export const authMethods = ['none', 'client_secret_post', 'client_secret_basic'] as const
export type AuthMethod = (typeof authMethods)[number]

/** What any client may register for. */
export const grantTypes = ['authorization_code', 'refresh_token'] as const
/** RFC 7523 §2.1. */
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
/** `client_credentials` only the operator gives, in CLIENTS. */
export type GrantType = (typeof grantTypes)[number] | 'client_credentials' | typeof JWT_BEARER

export interface Client {
  id: string
  /** What the client calls itself: shown to people, never trusted. */
  name: DisplayName
  /**
   * `registered`: anyone may have written its metadata. `operator`: named in CLIENTS. `document`: written by those who
   * controls the host of its id. `chatgpt`: known by its redirect URIs alone.
   */
  kind: 'registered' | 'operator' | 'document' | 'chatgpt'
  /** SHA-256 of the secret, for a client that was given one. */
  secretHash?: string
  /**
   * For a client that may sign assertions (RFC 7523). `required`: it has no
   * other method.
   */
  assertion?: AssertionKeys & { required: boolean }
  grantTypes: GrantType[]
  /** For a client of CLIENTS that calls for itself, too. */
  service?: Service
  uri?: string
  /** Until when a registered client is remembered, as it was read. Seconds since the epoch. */
  keptUntil?: number
  /** The connection attempt in which it registered, within the last hour; for the audit log. */
  attempt?: string
  /**
   * Why a redirect URI may not be used by this client, to continue a sentence after "it"; undefined for one of the client's (OAuth 2.1
   * §2.3.1: exact, except for the port of a loopback host).
   */
  redirectUriProblem(uri: string): string | undefined
  /** The redirect URI to use when the request names none: only a client with exactly one that can be used has it. */
  onlyRedirectUri(): string | undefined
}
