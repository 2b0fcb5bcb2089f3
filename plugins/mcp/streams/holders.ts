// What each connection and each person holds open, and the oldest of it beyond their bound.
import type { Bounds, OpenStream } from './contract.ts'

/** What each grant and each person holds. */
export function createHolders (bounds: Bounds) {
  const holders = new Map<string, Set<OpenStream>>()
  const holdersOf = ({ access }: OpenStream): Array<[holder: string, bound: number]> =>
    access
      ? [
          [`grant ${access.grantId}`, bounds.perGrant],
          [`person ${access.user.id}`, bounds.perPerson]
        ]
      : []
  return {
    /** @returns the oldest stream of each holder who has too many now. */
    add (stream: OpenStream): Set<OpenStream> {
      const beyond = new Set<OpenStream>()
      for (const [holder, bound] of holdersOf(stream)) {
        const held = holders.get(holder) ?? new Set()
        holders.set(holder, held.add(stream))
        if (held.size > bound) beyond.add(held.values().next().value!)
      }
      return beyond
    },
    remove (stream: OpenStream): void {
      for (const [holder] of holdersOf(stream)) {
        const held = holders.get(holder)
        held?.delete(stream)
        if (held?.size === 0) holders.delete(holder)
      }
    }
  }
}
