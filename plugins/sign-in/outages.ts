// What a page says when the service behind a backend gave no answer that counts: each fault in words of its own, with
// what to do (threat WB-16).
import type { BackendUnavailable, OutageReason } from '../../auth-backends/contract.ts'

/** Seconds, where the service says nothing. */
const RETRY_AFTER_SECONDS = 5

const words: Readonly<Record<OutageReason, (title: string, seconds: number) => string>> = {
  unreachable: (title) =>
    `${title} cannot be reached right now. Nobody was signed in and nothing was changed. Try again in a few seconds.`,
  slow: (title) =>
    `${title} did not answer in time. Nobody was signed in and nothing was changed. Try again in a few seconds.`,
  busy: (title, seconds) => `${title} takes no more requests for the moment. Wait ${seconds} seconds and try again.`,
  unreadable: (title) =>
    `${title} gave an answer that this server cannot rely on, so nobody was signed in. Try again; if it stays like this, tell the person who runs this server.`,
  refused: (title) =>
    `${title} does not accept this server, so nobody was signed in. The person who runs this server has to correct its settings; the log says which.`
}

/** @param title of the backend, as the sign-in page shows it. @returns `retryAfter` in seconds. */
export function describeOutage (
  { reason: fault, retryAfter = RETRY_AFTER_SECONDS }: BackendUnavailable,
  title = 'The service that knows the people'
): { message: string; retryAfter: number } {
  return { message: words[fault](title, retryAfter), retryAfter }
}
