// Who may ask for tokens: a client, however it became known to us (registered, its own metadata document, ChatGPT's
// bare ids).
import type { DisplayName } from '../../display-name.ts'
import type { AssertionKeys } from './assertion-keys.ts'

/** How a client that registers may prove itself at the token endpoint (RFC 7591 §2). */
export const authMethods = ['none', 'client_secret_post', 'client_secret_basic'] as const
export type AuthMethod = (typeof authMethods)[number]

export const grantTypes = ['authorization_code', 'refresh_token'] as const
export type GrantType = (typeof grantTypes)[number]

export interface Client {
  id: string
  /** What the client calls itself: shown to people, never trusted. */
  name: DisplayName
  /**
   * `registered`: anyone may have written its metadata. `operator`: named in CLIENTS. `document`: whoever holds the
   * host of its id has. `chatgpt`: known by its redirect URIs alone.
   */
  kind: 'registered' | 'operator' | 'document' | 'chatgpt'
  /** SHA-256 of the secret, for a client that was given one. */
  secretHash?: string
  /** For a client that may sign assertions (RFC 7523). `required`: it offers no other way, so it must. */
  assertion?: AssertionKeys & { required: boolean }
  grantTypes: GrantType[]
  uri?: string
  /** Until when one that registered is remembered, as it was read. Seconds since the epoch. */
  keptUntil?: number
  /** Whether a redirect URI is one of this client's (OAuth 2.1 §2.3.1: exact, but for the port of a loopback host). */
  ownsRedirectUri(uri: string): boolean
  /** The redirect URI to use when the request names none: only a client with exactly one has it. */
  onlyRedirectUri: string | undefined
}
