// Which keys a person has: listed beside the keys, so that they can be shown, bounded and ended.
// A key that has expired is dropped from the list when it is next changed.
import type { Clock } from '../../clock.ts'
import type { Change, Collection } from '../storage/contract.ts'
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

export function createKeysByPerson (lists: Collection<KeyList>, now: Clock): KeysByPerson {
  function changeTo<R> (entries: Array<[string, number]>, result: R): Change<KeyList, R> {
    if (entries.length === 0) return { remove: true, result }
    const ttl = Math.max(...entries.map(([, end]) => end)) - now()
    return { write: { record: { endsAt: Object.fromEntries(entries) }, ttl }, result }
  }
  const liveIn = (list: KeyList | undefined) =>
    Object.entries(list?.endsAt ?? {}).filter(([, end]) => end > now())

  return {
    add: ({ id, userId, endsAt }) =>
      lists.update<boolean>(userId, (list) => {
        const live = liveIn(list)
        return live.length < MAX_KEYS_PER_PERSON
          ? changeTo([...live, [id, endsAt]], true)
          : { result: false }
      }),
    drop: (userId, ids) =>
      lists.update<void>(userId, (list) =>
        changeTo(liveIn(list).filter(([id]) => !ids.includes(id)), undefined)
      ),
    ids: async (userId) => Object.keys((await lists.find(userId))?.endsAt ?? {})
  }
}
