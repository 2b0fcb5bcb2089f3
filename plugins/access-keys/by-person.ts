// Which keys a person has: listed beside the keys, so that they can be shown, bounded and ended.
// A key that has expired is dropped from the list when it is next changed, but not by a clock that
// may be wrong for a moment: what is not listed could not be ended (threat SG-12).
import type { Clock } from '../../clock.ts'
import type { Change, Collection } from '../storage/contract.ts'
import { createSettledTime } from '../storage/monotonic-time.ts'
import { MAX_KEYS_PER_PERSON, type AccessKey } from './contract.ts'

/** Ids of keys, each with its end in seconds since the epoch. */
export interface KeyList {
  endsAt: Record<string, number>
}

export interface KeysByPerson {
  /**
   * Call before the key is written: a listed id without a key does no harm, an unlisted key
   * could not be ended.
   * @returns false, with nothing changed, where the person has as many as they may.
   */
  add(key: Pick<AccessKey, 'id' | 'userId' | 'endsAt'>): Promise<boolean>
  drop(userId: string, ids: readonly string[]): Promise<void>
  /** Of all that are listed, expired ones included. */
  ids(userId: string): Promise<string[]>
}

export function createKeysByPerson (
  lists: Collection<KeyList>,
  now: Clock,
  settled = createSettledTime(now)
): KeysByPerson {
  function changeTo<R> (entries: Array<[string, number]>, result: R): Change<KeyList, R> {
    if (entries.length === 0) return { remove: true, result }
    // Without an end of its own: see ../oauth/grants/by-user.ts.
    return { write: { record: { endsAt: Object.fromEntries(entries) }, ttl: null }, result }
  }
  const keptOf = (list: KeyList | undefined) => {
    const time = settled.now()
    return Object.entries(list?.endsAt ?? {}).filter(([, end]) => end > time)
  }

  return {
    add: ({ id, userId, endsAt }) =>
      lists.update<boolean>(userId, (list) => {
        const kept = keptOf(list)
        return kept.length < MAX_KEYS_PER_PERSON
          ? changeTo([...kept, [id, endsAt]], true)
          : { result: false }
      }),
    drop: (userId, ids) =>
      lists.update<void>(userId, (list) =>
        changeTo(keptOf(list).filter(([id]) => !ids.includes(id)), undefined)
      ),
    ids: async (userId) => Object.keys((await lists.find(userId))?.endsAt ?? {})
  }
}
