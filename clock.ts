// The server's clock, in seconds since the epoch. A wall clock that is set back must not revive an expired token, and a
// machine that slept must not extend one.
export type Clock = () => number

/**
 * The later of the wall clock and the process's monotonic clock: the first includes sleep, the second ignores a wall
 * clock that is set back.
 */
export const monotonicClock: Clock = () => Math.max(Date.now(), performance.timeOrigin + performance.now()) / 1000
