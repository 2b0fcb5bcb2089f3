// The one error type of the OAuth surface: a typed value with a protocol code, one constructor per code (RFC 6749
// §4.1.2.1, §5.2 and the RFCs named below).

import { english, type Key, type Message, type Text } from './languages/index.ts'

type ReasonIn<K> = K extends `connections.why_${infer Name}` ? Name : never
/**
 * Why an attempt to connect failed: each is explained in languages/en/connections.json, as
 * `why_…`.
 */
export type Reason = ReasonIn<Key>

/**
 * Where an authorization error may be sent: attached only after the client and its redirect
 * URI are verified.
 */
export interface ErrorRedirect {
  redirectUri: string
  state: string | undefined
}

/**
 * A refusal that a client or a person can act on. The scope it is thrown in decides its format: JSON at the endpoints
 * for programs, a page or a redirect at the authorization endpoint, a challenge at the MCP endpoint.
 */
export class OAuthError extends Error {
  override readonly name = 'OAuthError'
  readonly code: string
  readonly statusCode: number
  /** Response headers that belong to the refusal, for example `WWW-Authenticate`. */
  readonly headers: Readonly<Record<string, string>>
  /**
   * Set only for authorization errors whose client and redirect URI are verified (RFC 6749
   * §4.1.2.1).
   */
  redirect?: ErrorRedirect
  /**
   * The same for a client that anyone may have registered: a page shows the error, with a button to the client (RFC
   * 9700 §4.11.2).
   */
  choice?: ErrorRedirect
  /**
   * What a page says, in the person's language. Without it `message` is for developers, and so
   * are its details.
   */
  readonly said?: Message
  /** What a page calls it, where the code says too little. */
  title?: Text
  /** Why, where the code says too little: for the audit log, never for the client. */
  reason?: Reason
  /** What a page offers next, where it is better than the home page. */
  action?: { label: Text; href: string }

  constructor (
    code: string,
    statusCode: number,
    description: Text,
    options: { cause?: unknown; headers?: Record<string, string>; said?: Message } = {}
  ) {
    super(english.say(description), { cause: options.cause })
    const said = typeof description === 'string' ? options.said : description
    if (said) this.said = said
    this.code = code
    this.statusCode = statusCode
    this.headers = options.headers ?? {}
  }

  /** @returns itself, with a reason. */
  because (reason: Reason): this {
    this.reason = reason
    return this
  }
}

type Details = ConstructorParameters<typeof OAuthError>[3]
const refusal = (code: string, statusCode: number) => (description: Text, details?: Details) =>
  new OAuthError(code, statusCode, description, details)

// RFC 6749 §4.1.2.1 and §5.2
export const invalidRequest = refusal('invalid_request', 400)
export const invalidGrant = refusal('invalid_grant', 400)
export const invalidScope = refusal('invalid_scope', 400)
export const unauthorizedClient = refusal('unauthorized_client', 400)
export const unsupportedGrantType = refusal('unsupported_grant_type', 400)
export const unsupportedResponseType = refusal('unsupported_response_type', 400)
export const accessDenied = refusal('access_denied', 403)
export const serverError = refusal('server_error', 500)

// OpenID Connect Core §3.1.2.6
export const loginRequired = refusal('login_required', 400)
export const consentRequired = refusal('consent_required', 400)

/**
 * RFC 6749 §5.2: 401, with a `Basic` challenge when the client tried the Authorization header.
 * @param said what a page says, where the description is for developers.
 */
export const invalidClient = (description: Text, usedBasic = false, said?: Message) =>
  new OAuthError('invalid_client', 401, description, {
    ...(usedBasic && { headers: { 'www-authenticate': 'Basic realm="token", charset="UTF-8"' } }),
    ...(said && { said })
  })

// RFC 7591 §3.2.2
export const invalidRedirectUri = refusal('invalid_redirect_uri', 400)
export const invalidClientMetadata = refusal('invalid_client_metadata', 400)

// RFC 8707 §2
export const invalidTarget = refusal('invalid_target', 400)

// RFC 6750 §3.1; the challenge header is added where the resource's metadata URL is known.
export const invalidToken = refusal('invalid_token', 401)
export const insufficientScope = refusal('insufficient_scope', 403)

/**
 * Something that the server depends on is unavailable (storage, a sign-in service). The client should try again; nothing
 * was issued.
 * @param retryAfter seconds.
 */
export const temporarilyUnavailable = (description: Text, cause?: unknown, retryAfter = 5) =>
  new OAuthError('temporarily_unavailable', 503, description, { cause, headers: { 'retry-after': String(retryAfter) } })

/** RFC 6585 §4. @param retryAfter seconds. */
export const tooManyRequests = (retryAfter: number) =>
  new OAuthError(
    'too_many_requests',
    429,
    { key: 'problems.tooMany', values: { seconds: retryAfter } },
    { headers: { 'retry-after': String(retryAfter) } }
  )

/**
 * A step of a sign-in that was already used, has expired, or belongs to another browser.
 */
export const signInExpired = () => new OAuthError('sign_in_expired', 400, { key: 'problems.expired' })

/**
 * A problem that the operator has to fix before the server can start. The message says what is wrong, where, and how to
 * fix it; it is printed without a stack.
 */
export class StartError extends Error {
  override readonly name: string = 'StartError'
}
