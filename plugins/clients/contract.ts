// Who may ask for tokens: a client, however it became known to us (registered, ChatGPT's bare ids; later its own metadata document).

/** How a client proves itself at the token endpoint (RFC 7591 §2). */
export const authMethods = ['none', 'client_secret_post', 'client_secret_basic'] as const
export type AuthMethod = typeof authMethods[number]

export const grantTypes = ['authorization_code', 'refresh_token'] as const
export type GrantType = typeof grantTypes[number]

export interface Client {
  id: string
  /** What the client calls itself: shown to people, never trusted. */
  name: string
  /** `registered`: anyone may have written its metadata. `chatgpt`: known by its redirect URIs alone. */
  kind: 'registered' | 'chatgpt'
  authMethod: AuthMethod
  /** SHA-256 of the secret; present exactly when `authMethod` is not `none`. */
  secretHash?: string
  grantTypes: GrantType[]
  uri?: string
  /** Whether a redirect URI is one of this client's (OAuth 2.1 §2.3.1: exact, but for the port of a loopback host). */
  ownsRedirectUri (uri: string): boolean
  /** The redirect URI to use when the request names none: only a client with exactly one has it. */
  onlyRedirectUri: string | undefined
}
