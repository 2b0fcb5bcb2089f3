// Counts what each connection and each person or address holds open, and finds the oldest beyond their bound.
import { sharerOf } from '../contract.ts'
import type { Bounds, OpenStream } from './contract.ts'

/** What each grant and each person or address holds. */
export function createHolders (bounds: Bounds) {
  const grants = new Map<string, Set<OpenStream>>()
  const callers = new Map<string, Set<OpenStream>>()
  type Holder = [holders: Map<string, Set<OpenStream>>, key: string, bound: number]
  const holdersOf = (stream: Pick<OpenStream, 'access' | 'address'>): Holder[] => [
    ...(stream.access ? [[grants, stream.access.grantId, bounds.perGrant] satisfies Holder] : []),
    [callers, sharerOf(stream), stream.access ? bounds.perPerson : Infinity]
  ]
  return {
    heldBy: (caller: Pick<OpenStream, 'access' | 'address'>): number => callers.get(sharerOf(caller))?.size ?? 0,
    /** What the person or address holds that holds most. Asked only where all is full. */
    largest: (): ReadonlySet<OpenStream> =>
      [...callers.values()].reduce((most, held) => (held.size > most.size ? held : most), new Set()),
    /** @returns the oldest stream of each holder who has too many now. */
    add (stream: OpenStream): Set<OpenStream> {
      const beyond = new Set<OpenStream>()
      for (const [holders, holder, bound] of holdersOf(stream)) {
        const held = holders.get(holder) ?? new Set()
        holders.set(holder, held.add(stream))
        if (held.size > bound) beyond.add(held.values().next().value!)
      }
      return beyond
    },
    remove (stream: OpenStream): void {
      for (const [holders, holder] of holdersOf(stream)) {
        const held = holders.get(holder)
        held?.delete(stream)
        if (held?.size === 0) holders.delete(holder)
      }
    }
  }
}
