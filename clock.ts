// The house's clock: seconds since the epoch that never go back. A wall clock set backwards must not bring an expired token back to life.
export type Clock = () => number

export const monotonicClock: Clock = () => (performance.timeOrigin + performance.now()) / 1000
