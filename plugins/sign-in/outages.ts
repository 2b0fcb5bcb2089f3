// What a page says when the service behind a backend gave no usable answer: each reason in its own words, with what
// to do (threat WB-16).
import type { BackendUnavailable, OutageReason } from '../../auth-backends/contract.ts'
import { english, type Text } from '../../languages/index.ts'

/** Where the service does not say. */
const RETRY_AFTER_SECONDS = 5

const texts: Readonly<Record<OutageReason, (title: string, seconds: number) => string>> = {
  unreachable: (title) =>
    `${title} cannot be reached right now. You were not signed in and nothing was changed. Try again in a few seconds.`,
  slow: (title) =>
    `${title} did not answer in time. You were not signed in and nothing was changed. Try again in a few seconds.`,
  busy: (title, seconds) => `${title} accepts no more requests at the moment. Wait ${seconds} seconds and try again.`,
  unreadable: (title) =>
    `${title} gave an answer that this server cannot rely on, so you were not signed in. Try again; if it keeps happening, contact the person who runs this server.`,
  refused: (title) =>
    `${title} does not accept this server, so you were not signed in. The person who runs this server has to correct its settings; the log says which.`
}

/** @param title of the backend, as the sign-in page shows it. @returns `retryAfter` in seconds. */
export function describeOutage (
  { reason, retryAfter = RETRY_AFTER_SECONDS }: BackendUnavailable,
  title: Text = 'The sign-in service'
): { message: string; retryAfter: number } {
  return { message: texts[reason](english.say(title), retryAfter), retryAfter }
}
