// How many requests an upstream may have at once, in all and for one person: one that has become slow holds no more.
// Tested in test/plugins/upstreams/upstream.test.ts.

export interface InFlight {
  /**
   * @param person `undefined` where nobody signs in: then only all together are counted.
   * @returns undefined where there is no room; else what is called at the end.
   */
  enter(person: string | undefined): (() => void) | undefined
}

export function createInFlight (max: number, maxOfPerson: number): InFlight {
  const counts = new Map<string, number>()
  let all = 0
  return {
    enter (person) {
      const own = person === undefined ? 0 : (counts.get(person) ?? 0)
      if (all >= max || own >= maxOfPerson) return undefined
      if (person !== undefined) counts.set(person, own + 1)
      all++
      return () => {
        all--
        if (person === undefined) return
        const left = counts.get(person)! - 1
        if (left === 0) counts.delete(person)
        else counts.set(person, left)
      }
    }
  }
}
