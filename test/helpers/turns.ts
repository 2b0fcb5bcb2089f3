// How often others had a turn of the event loop while something was done.

/** Counts turns of the event loop. */
export function countTurns (t: { teardown(work: () => void): void }): () => number {
  let turns = 0
  let next: NodeJS.Immediate
  const count = () => {
    turns++
    next = setImmediate(count)
  }
  count()
  t.teardown(() => clearImmediate(next))
  return () => turns
}
