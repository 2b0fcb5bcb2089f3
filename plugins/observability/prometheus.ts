// What all metrics share: the library, and the bounds of their histograms.

export type Prometheus = typeof import('prom-client')

/** Seconds: from a lookup in SQLite to a tool at its timeout. */
export const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
