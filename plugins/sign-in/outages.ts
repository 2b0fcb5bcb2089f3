// What a page says when the service behind a backend gave no usable answer: each reason in its own words, with what
// to do (threat WB-16).
import type { BackendUnavailable, OutageReason } from '../../auth-backends/contract.ts'
import type { Key, Message } from '../../languages/index.ts'

/** Where the service does not say. */
const RETRY_AFTER_SECONDS = 5

const keys: Readonly<Record<OutageReason, Key>> = {
  unreachable: 'sign-in.outageUnreachable',
  slow: 'sign-in.outageSlow',
  busy: 'sign-in.outageBusy',
  unreadable: 'sign-in.outageUnreadable',
  refused: 'sign-in.outageRefused'
}

/**
 * @param title of the backend, as the sign-in page shows it. @returns `retryAfter` in seconds.
 */
export function describeOutage (
  { reason, retryAfter = RETRY_AFTER_SECONDS }: BackendUnavailable,
  title?: string
): { message: Message; retryAfter: number } {
  const seconds = retryAfter
  const message: Message = title === undefined
    ? { key: 'sign-in.outageOfService', values: { seconds } }
    : { key: keys[reason], values: { title, seconds } }
  return { message, retryAfter }
}
