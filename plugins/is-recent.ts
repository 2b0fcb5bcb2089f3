// How long ago something was, where the clock may have leapt ahead meanwhile and been set right again (threat SG-12).

/** How far the clocks of instances may differ before it is warned of. */
const MAX_DIFFERENCE_SECONDS = 5

/**
 * Whether less than `seconds` have passed since `at`. A moment that is yet to come is none: what was noted while the clock had
 * leapt would hold for as long as it leapt.
 */
export const isRecent = (at: number, seconds: number, now: number): boolean =>
  now - at < seconds && at - now <= MAX_DIFFERENCE_SECONDS
