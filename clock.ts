// The server's clock, in seconds since the epoch. A wall clock that is set back must not revive an expired token, and a
// machine that slept must not extend one.
export type Clock = () => number

/** Milliseconds since the epoch. Asking for it takes longer than asking for the time. */
const STARTED_AT = performance.timeOrigin

/**
 * The later of the wall clock and the process's monotonic clock: the first includes sleep, the second ignores a wall
 * clock that is set back.
 */
export const monotonicClock: Clock = () => Math.max(Date.now(), STARTED_AT + performance.now()) / 1000

/** Seconds that no setting of the clock moves, for what tells a leap of it from time that has passed. */
export const steadyClock: Clock = () => performance.now() / 1000
