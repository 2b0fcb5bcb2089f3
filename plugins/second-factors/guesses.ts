// How fast the codes of one person's authenticator app can be guessed: a few at once, then each wrong one makes the next
// wait longer, up to an hour (RFC 6238 §5.2; NIST SP 800-63B-4 §3.2.2). Nobody is locked out: a passkey or a recovery code is taken
// meanwhile.
import { isRecent } from '../is-recent.ts'

/** Wrong codes in a row, and when the last one was, in seconds since the epoch. */
export interface Failures {
  count: number
  at: number
}

const FREE = 5
const FIRST_WAIT_SECONDS = 30
const MAX_WAIT_SECONDS = 3_600
/** Without a wrong code for so long, they are forgotten. */
const FORGOTTEN_AFTER_SECONDS = 86_400

/** @returns seconds until the next code is looked at. */
export function waitAfterGuesses (failures: Failures | undefined, now: number): number {
  if (!failures || failures.count < FREE) return 0
  const wait = Math.min(FIRST_WAIT_SECONDS * 2 ** (failures.count - FREE), MAX_WAIT_SECONDS)
  // What was noted while the clock had leapt holds nobody back for as long (threat SG-12).
  return isRecent(failures.at, wait, now) ? failures.at + wait - now : 0
}

export const withFailure = (before: Failures | undefined, now: number): Failures => ({
  count: before && before.at + FORGOTTEN_AFTER_SECONDS > now ? before.count + 1 : 1,
  at: now
})
