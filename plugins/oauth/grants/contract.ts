// What a grant is: everything one person allowed one client in one consent, kept as ONE record so that every step on it
// is one atomic step (RFC 6749 §1.3, OAuth 2.1 §4.3, RFC 9700 §4.14).

/** Times are seconds since the epoch. Hashes are SHA-256 of the whole token, base64url. */
export interface Grant {
  id: string
  clientId: string
  /** As the consent page showed it. */
  clientName: string
  /** A copy, so that a tool call costs one read. */
  user: GrantUser
  /** Name in AUTH_BACKEND of the way the person signed in: while it is not in use, nothing of the grant works. */
  backend: string
  /** Id of the session at the service behind that backend, if it has one. */
  backendSession?: string
  /** What the consent page showed and the person allowed. */
  scopes: string[]
  /** RFC 8707: the one resource its tokens are for. */
  resource: string
  createdAt: number
  /** The absolute end: no token outlives it, no refresh moves it. */
  endsAt: number
  code: AuthorizationCode
  /** Absent until the code is redeemed, and for clients that registered without the refresh_token grant. */
  refresh?: RefreshFamily
  /** Live access tokens by hash. Expired ones are dropped at the next write. */
  accessTokens: Record<string, { scopes: string[]; expiresAt: number }>
  /** The attempt to connect that made it, for the audit log. */
  attempt: string
}

export interface AuthorizationCode {
  hash: string
  expiresAt: number
  redirectUri: string
  /** RFC 6749 §4.1.3: whether the token request must repeat the redirect URI. */
  redirectUriGiven: boolean
  /** RFC 7636 §4.3, method S256. */
  challenge: string
  /** OpenID Connect Core §2: comes back in the ID token. */
  nonce?: string
  /** A used code stays on record, so that a replay is recognised. */
  used: boolean
}

export interface RefreshFamily {
  /** Hash of the one refresh token that may be used now. */
  current: string
  /** Counts rotations, from 0; part of the token. */
  generation: number
  /** Sealed key that every token of the family is derived from; proves that an older token was once ours. */
  chain: string
  rotatedAt: number
  /** The token before `current` came again within the grace. */
  retried?: true
  /** Moves with every rotation, never past `endsAt`. */
  expiresAt: number
}

export interface GrantUser {
  id: string
  email?: string
  emailVerified?: boolean
  name?: string
}

/** A verified access token: who may do what. */
export interface Access {
  grantId: string
  /** {@link Grant.backendSession} */
  backendSession?: string
  clientId: string
  user: GrantUser
  scopes: string[]
  resource: string
  expiresAt: number
  /** As in the grant. */
  clientName: string
  backend: string
  attempt: string
}

/** What the token endpoint answers (RFC 6749 §5.1). */
export interface TokenSet {
  accessToken: string
  /** Seconds. */
  expiresIn: number
  /** Absent for clients that registered without the refresh_token grant. */
  refreshToken?: string
  scopes: string[]
  grant: Grant
  /** Set where the refresh token came again within the grace: for the first time in its generation, or once more. */
  retry?: 'first' | 'again'
}
