// What a grant is: everything one person allowed one client in one consent, stored as ONE record so that every change is
// one atomic step (RFC 6749 §1.3, OAuth 2.1 §4.3, RFC 9700 §4.14). The room owns codes, access tokens and refresh tokens:
// it issues, verifies, rotates and revokes them, and lists a person's grants. Clients, consent pages and the HTTP
// endpoints are the business of others.
// Types only.

/**
 * Times are seconds since the epoch. Hashes are SHA-256 of the whole token, base64url.
 */
export interface Grant {
  id: string
  clientId: string
  /** The name that the consent page showed. */
  clientName: string
  /** Who they are now is read at each use: {@link Access.user}. */
  user: Pick<GrantUser, 'id'>
  /**
   * The backend (its name in AUTH_BACKEND) the person signed in with, or the organization that gave the permission.
   * Nothing of the grant works while it is not configured.
   */
  backend: string
  /**
   * Only of a service, which has one grant for all its tokens: {@link Service.version}
   * when they were issued. No person stands behind it: {@link Grant.user} has no
   * record, and CLIENTS alone says who it is.
   */
  service?: string
  /**
   * Id of the upstream session of that sign-in, for a backend that has sessions of its own.
   */
  backendSession?: string
  /** The scopes that the person allowed. */
  scopes: string[]
  /** Scopes that the client asked for and the person did not give. */
  declined?: string[]
  /** Names of tools that the person left out. */
  without?: string[]
  /** RFC 8707: the one resource that its tokens are valid for. */
  resource: string
  createdAt: number
  /** The absolute end: no token outlives it, and no refresh postpones it. */
  endsAt: number
  /** Absent where no person allowed anything in a browser. */
  code?: AuthorizationCode
  /**
   * Absent until the code is redeemed, and for clients that registered without the
   * refresh_token grant.
   */
  refresh?: RefreshState
  /** Access tokens by hash. Expired ones are dropped at the next write. */
  accessTokens: Record<string, { scopes: string[]; expiresAt: number }>
  /** Id of the connection attempt that led to it, for the audit log. */
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
  /**
   * Seconds since the epoch: when the person proved who they are, for a client that asked with
   * `max_age`.
   */
  authTime?: number
  /** They have shown a second factor in the session that consented. */
  secondFactor?: true
  /** A used code stays on record, so that a replay is recognized. */
  used: boolean
}

export interface RefreshState {
  /** Hash of the current refresh token. */
  current: string
  /** Number of rotations, from 0; part of the token. */
  generation: number
  /**
   * The family's sealed key: every token is derived from it, so an older token is recognized
   * as one of ours.
   */
  chain: string
  rotatedAt: number
  /** The token before `current` was presented again within the grace period. */
  retried?: true
  /** Postponed by every rotation, never past `endsAt`. */
  expiresAt: number
}

/** A person as tools and access rules know them. */
export interface GrantUser {
  id: string
  email?: string
  emailVerified?: boolean
  name?: string
  /** By their provider and by the operator; those of access.json are not listed. */
  groups?: readonly string[]
}

/** A verified access token or access key: who may do what, until when. */
export interface Access {
  /** Of a key, its id. */
  grantId: string
  isAccessKey?: true
  /** {@link Grant.backendSession} */
  backendSession?: string
  clientId: string
  /** As they are now, and shared between requests: never changed. */
  user: Readonly<GrantUser>
  scopes: string[]
  resource: string
  expiresAt: number
  /** {@link Grant.without} */
  without?: readonly string[]
  /** This and the following as in the grant. */
  clientName: string
  backend: string
  attempt: string
}

/** What the token endpoint returns (RFC 6749 §5.1). */
export interface TokenSet {
  accessToken: string
  /** Seconds. */
  expiresIn: number
  /** Absent for clients that registered without the refresh_token grant. */
  refreshToken?: string
  scopes: string[]
  grant: Grant
  /**
   * Set where the previous refresh token was presented again: for the first time in its
   * generation, or once more.
   */
  retry?: 'first' | 'again'
  /** The grant had a live access token already, and there is no refresh token. */
  renewed?: true
}

/**
 * The person whose grant a code or token belongs to, used or not; undefined unless it is a
 * grant of this client.
 */
export type HolderOf = (token: string, clientId: string) => Promise<string | undefined>
/** {@link HolderOf} the code or token that a request shows. */
export type FindHolder = () => Promise<string | undefined>
