// Figures of a list of numbers, each in one pass.

/** With the rounding errors carried along (Neumaier, 1974): the order of the values does not matter. */
export function sum (values: readonly number[]): number {
  let total = 0
  let lost = 0
  for (const value of values) {
    const next = total + value
    lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total
    total = next
  }
  // Beyond the largest number there is nothing to carry.
  return Number.isFinite(total) ? total + lost : total
}

/** Of a sample, hence n − 1. @param values at least two. */
export function standardDeviation (values: readonly number[]): number {
  const mean = sum(values) / values.length
  return Math.sqrt(sum(values.map((value) => (value - mean) ** 2)) / (values.length - 1))
}

/**
 * A value of the list or, between two halves of it, their mean: definition 2 of Hyndman and Fan (1996).
 * @param sorted at least one value, in ascending order. @param share above 0 and below 1.
 */
export function quantile (sorted: readonly number[], share: number): number {
  const place = sorted.length * share
  const below = Math.ceil(place) - 1
  return Number.isInteger(place) ? (sorted[below]! + sorted[below + 1]!) / 2 : sorted[below]!
}
