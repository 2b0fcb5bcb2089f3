// How many of something each holder has: one that has none is forgotten, so that addresses without end take no memory.
// Tested in test/plugins/counts.test.ts.

export interface Counts<Holder = string> {
  of(holder: Holder): number
  add(holder: Holder, change: number): void
}

/** @param counts whoever has some, and how many. */
export function createCounts<Holder = string> (counts = new Map<Holder, number>()): Counts<Holder> {
  const of = (holder: Holder): number => counts.get(holder) ?? 0
  return {
    of,
    add (holder, change) {
      const count = of(holder) + change
      if (count > 0) counts.set(holder, count)
      else counts.delete(holder)
    }
  }
}
