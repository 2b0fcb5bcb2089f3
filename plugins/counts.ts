// How many of something each holder has: one that has none is forgotten, so that addresses without end take no memory.
// Tested in test/plugins/counts.test.ts.

export interface Counts {
  of(holder: string): number
  add(holder: string, change: 1 | -1): void
}

/** @param counts whoever has some, and how many. */
export function createCounts (counts = new Map<string, number>()): Counts {
  const of = (holder: string): number => counts.get(holder) ?? 0
  return {
    of,
    add (holder, change) {
      const count = of(holder) + change
      if (count > 0) counts.set(holder, count)
      else counts.delete(holder)
    }
  }
}
