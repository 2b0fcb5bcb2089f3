// How many registrations may wait to be used: each address has its places on one of several lists, and of a list that is full
// whoever has most of it gives way (RFC 7591 §5; threat OW-42).
import type { Clock } from '../../../clock.ts'
import { placeAmong, type Sealing } from '../../secrets.ts'
import type { Collection } from '../../storage/contract.ts'

/** A list bounds what one address can register; both bounds together limit what all can. */
export const UNUSED_BOUNDS = { lists: 64, perList: 64 } as const

/**
 * Unused registrations of some addresses: keys of their records with the second of registration, oldest first, and a keyed
 * hash that says whose they are. Earlier versions wrote none.
 */
export interface UnusedList {
  made: Array<[key: string, at: number, of?: string]>
}

type Place = UnusedList['made'][number]
/** Of the keyed hash: few share a list. */
const HOLDER_CHARACTERS = 8

export interface UnusedPlaces {
  listOf(address: string): number
  /**
   * Takes a place on a list.
   * @param address of whoever takes it, where several share the list. Two who take one for the same key have both.
   * @returns keys of the records that lost their last place.
   */
  take(key: string, list: number | string, address?: string): Promise<string[]>
  /** @returns keys of all records that had a place on the list. */
  giveUpAll(list: number | string): Promise<string[]>
}

export function createUnusedPlaces (
  lists: Collection<UnusedList>,
  sealing: Sealing,
  now: Clock,
  lifetimeSeconds: number,
  { lists: count, perList }: { lists: number; perList: number } = UNUSED_BOUNDS
): UnusedPlaces {
  return {
    listOf: (address) => placeAmong(sealing, 'unused registrations', address, count),
    take (key, list, address) {
      const of = address === undefined ? undefined : sealing.mac('holder of a place', address).slice(0, HOLDER_CHARACTERS)
      return lists.update<string[]>(String(list), (found) => {
        const isOther = ([other, at, whose]: Place) => (other !== key || whose !== of) && at + lifetimeSeconds > now()
        const at = Math.floor(now())
        const own: Place = of === undefined ? [key, at] : [key, at, of]
        const { made, gone } = withinBound([...(found?.made ?? []).filter(isOther), own], perList)
        return { write: { record: { made }, ttl: lifetimeSeconds }, result: gone }
      })
    },
    giveUpAll: async (list) => [...new Set((await lists.take(String(list)))?.made.map(([key]) => key))]
  }
}

/** The oldest of whoever has most give way: nobody pushes out what is of others on the same list. */
function withinBound (places: readonly Place[], most: number): { made: Place[]; gone: string[] } {
  const made = [...places]
  const lost: string[] = []
  while (made.length > most) {
    const [largest] = [...Map.groupBy(made, ([, , of]) => of).values()].sort((a, b) => b.length - a.length)
    const [oldest] = largest!
    made.splice(made.indexOf(oldest!), 1)
    lost.push(oldest![0])
  }
  return { made, gone: lost.filter((key) => !made.some(([other]) => other === key)) }
}
