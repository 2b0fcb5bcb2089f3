// The one error for a service that cannot say who a person is right now.
// Tested in test/auth-backends/contract-services.ts.

/**
 * Why a service did not answer: each has its own text on the page. `refused`: it rejects our key or our request, which
 * only the operator can repair.
 */
export type OutageReason = 'unreachable' | 'slow' | 'busy' | 'unreadable' | 'refused'

/**
 * The service that knows the people cannot be asked right now. Becomes a 503 page, never a sign-in. The message is for
 * the log and contains no secret.
 */
export class BackendUnavailable extends Error {
  override readonly name = 'BackendUnavailable'
  readonly reason: OutageReason
  /** Seconds to wait, if the service said so. */
  readonly retryAfter: number | undefined

  constructor (
    message: string,
    { reason = 'unreachable', retryAfter, cause }: { reason?: OutageReason; retryAfter?: number; cause?: unknown } = {}
  ) {
    super(message, { cause })
    this.reason = reason
    this.retryAfter = retryAfter
  }
}
