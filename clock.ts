// The house's clock: seconds since the epoch. A wall clock set back must not bring an expired token back to life, and a
// machine that slept must not let one live longer.
export type Clock = () => number

/**
 * The later of the wall clock and of the process's own steady one: the first follows a sleep, the second stays when the
 * first is set back.
 */
export const monotonicClock: Clock = () => Math.max(Date.now(), performance.timeOrigin + performance.now()) / 1000
