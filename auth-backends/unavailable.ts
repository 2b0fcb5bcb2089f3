// The one error for a service that cannot say who a person is right now.
// Tested in test/auth-backends/contract-services.ts.

/**
 * Why a service did not answer: each has its own text on the page. `refused`: it rejects our key or our request, which
 * only the operator can repair.
 */
export type OutageReason = 'unreachable' | 'slow' | 'busy' | 'unreadable' | 'refused'

interface Details {
  reason?: OutageReason
  retryAfter?: number
  session?: string | undefined
  cause?: unknown
}

/**
 * The service that knows the people cannot be asked right now. Becomes a 503 page, never a sign-in. The message is for
 * the log and contains no secret.
 */
export class BackendUnavailable extends Error {
  override readonly name = 'BackendUnavailable'
  readonly reason: OutageReason
  /** Seconds to wait, if the service said so. */
  readonly retryAfter: number | undefined
  /** Private: a log writes out what an error has, and there may be tokens in it. */
  readonly #session: string | undefined

  constructor (
    message: string,
    { reason = 'unreachable', retryAfter, session, cause }: Details = {}
  ) {
    super(message, { cause })
    this.reason = reason
    this.retryAfter = retryAfter
    this.#session = session
  }

  /**
   * Of `Sessions.renew`: the session to store in place of the one before. Its tokens count once, and the service gave the
   * next before it failed.
   */
  get session (): string | undefined {
    return this.#session
  }
}
