// When the person of a session last proved who they are, and for how long that allows them to change how the account
// is entered (OWASP ASVS 7.5.1; threat AW-01).

import type { Interaction } from './contract.ts'

/** Seconds for which a password, a code or an authentication at a provider allows such a change. */
export const FRESH_SECONDS = 300

/**
 * @param provenAt seconds since the epoch. Undefined is never fresh: the provider did not say when the person
 * authenticated there, so a session that it still had of the browser may have answered.
 */
export const isFresh = (provenAt: number | undefined, now: number): boolean =>
  provenAt !== undefined && now - provenAt < FRESH_SECONDS

/** Whether only fresh proof counts in this sign-in: it is asked for alone, or joins a sign-in method to the account. */
export const requiresFreshProof = ({ intent, proof }: Pick<Interaction, 'intent' | 'proof'>): boolean =>
  (intent.kind === 'visit' && intent.again === true) || proof?.isJoining === true
