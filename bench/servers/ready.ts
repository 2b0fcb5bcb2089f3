// Every server of the bench says when it is ready, and ends with the bench.

export function ready (): void {
  // Nothing is left of a bench that fails.
  process.once('disconnect', () => process.exit(1))
  process.send?.('ready')
}
