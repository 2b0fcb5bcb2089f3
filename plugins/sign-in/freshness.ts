// When the person of a session last proved who they are, and for how long that allows them to change how the account
// is entered (OWASP ASVS 7.5.1; threat AW-01).

/** Seconds for which a password, a code or an authentication at a provider allows such a change. */
export const FRESH_SECONDS = 300

/**
 * @param provenAt seconds since the epoch. Undefined is never fresh: the provider did not say when the person
 * authenticated there, so a session that it still had of the browser may have answered.
 */
export const isFresh = (provenAt: number | undefined, now: number, seconds = FRESH_SECONDS): boolean =>
  provenAt !== undefined && now - provenAt < seconds
