// How many registrations may wait to be used: each address has its places on one of several lists, so it pushes out no
// one's but its own and those of the few who share its list (RFC 7591 §5).
import type { Clock } from '../../../clock.ts'
import { placeAmong, type Sealing } from '../../secrets.ts'
import type { Collection } from '../../storage/contract.ts'

/** A list bounds what one address can register; both bounds together limit what all can. */
export const UNUSED_BOUNDS = { lists: 64, perList: 64 } as const

/** Unused registrations of some addresses: keys of their records with the second of registration, oldest first. */
export interface UnusedList {
  made: Array<[key: string, at: number]>
}

export interface UnusedPlaces {
  listOf(address: string): number
  /** Takes a place on a list. @returns keys of the records that lost theirs. */
  take(key: string, list: number | string): Promise<string[]>
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
    take: (key, list) =>
      lists.update<string[]>(String(list), (found) => {
        const others = (found?.made ?? []).filter(([other, at]) => other !== key && at + lifetimeSeconds > now())
        const made: UnusedList['made'] = [...others, [key, Math.floor(now())]]
        const tooMany = Math.max(0, made.length - perList)
        return {
          write: { record: { made: made.slice(tooMany) }, ttl: lifetimeSeconds },
          result: made.slice(0, tooMany).map(([other]) => other)
        }
      }),
    giveUpAll: async (list) => (await lists.take(String(list)))?.made.map(([key]) => key) ?? []
  }
}
