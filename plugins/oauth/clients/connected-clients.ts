// How many apps one person has made known: what an app registered stays for months after it was used, and whoever is signed
// in can allow ever new ones. Beyond a bound the one they used least recently is forgotten, unless others use it (threat OW-25).
// Tested in test/plugins/oauth/clients/connected-clients.test.ts.
import type { Clock } from '../../../clock.ts'
import type { Collection } from '../../storage/contract.ts'
import type { UnusedList } from './unused-places.ts'

/** Of one person: more than they have apps at once (`GRANT_BOUNDS`). Of all who were deleted: their apps may come back. */
export const CONNECTED_BOUNDS = { perPerson: 256, ofFormerPeople: 1_024 } as const
/** Longer than anything stays that is counted here. */
const LIFETIME_SECONDS = 2 * 366 * 86_400
/** No person has such an id. */
const FORMER_PEOPLE = 'former people'

/** How many lists name it. */
export interface Holders {
  lists: number
}

export interface ConnectedClients {
  /**
   * The person uses what is stored under this key.
   * @param isWritten it was just now. Otherwise the place of somebody who has one stays where it is, at the cost of one read.
   * @returns keys of what nobody uses any more.
   */
  hold(userId: string, key: string, isWritten: boolean): Promise<string[]>
  /** For somebody who is being deleted: nothing names them afterwards. @returns as {@link ConnectedClients.hold} does. */
  leave(userId: string): Promise<string[]>
}

interface Stores {
  lists: Collection<UnusedList>
  holders: Collection<Holders>
  people: Pick<Collection<unknown>, 'find'>
}

export function createConnectedClients (
  { lists, holders, people }: Stores,
  now: Clock,
  bounds: Record<keyof typeof CONNECTED_BOUNDS, number> = CONNECTED_BOUNDS
): ConnectedClients {
  const namesOf = (list: UnusedList | undefined) => (list?.made ?? []).map(([key]) => key)
  const begin = (key: string) =>
    holders.update<void>(key, (found) => (
      { write: { record: { lists: (found?.lists ?? 0) + 1 }, ttl: LIFETIME_SECONDS }, result: undefined }
    ))
  /** @returns whether nobody has it now. */
  const end = (key: string) =>
    holders.update<boolean>(key, (found) => {
      if (!found || found.lists <= 1) return { remove: true, result: true }
      return { write: { record: { lists: found.lists - 1 }, ttl: LIFETIME_SECONDS }, result: false }
    })
  async function endAll (keys: readonly string[]): Promise<string[]> {
    const ended: string[] = []
    for (const key of keys) if (await end(key)) ended.push(key)
    return ended
  }

  /** Puts keys at the end of a list. @returns those that lost a place: on this list, or as they had one on it before. */
  const put = (list: string, keys: readonly string[], most: number) =>
    lists.update<{ lost: string[]; again: string[] }>(list, (found) => {
      const others = (found?.made ?? []).filter(([key]) => !keys.includes(key))
      const made: UnusedList['made'] = [...others, ...keys.map((key): [string, number] => [key, Math.floor(now())])]
      const tooMany = Math.max(0, made.length - most)
      const again = keys.filter((key) => namesOf(found).includes(key))
      const lost = made.slice(0, tooMany).map(([key]) => key)
      return { write: { record: { made: made.slice(tooMany) }, ttl: LIFETIME_SECONDS }, result: { lost, again } }
    })

  async function leave (userId: string): Promise<string[]> {
    const keys = namesOf(await lists.take(userId))
    if (keys.length === 0) return []
    const { lost, again } = await put(FORMER_PEOPLE, keys, bounds.ofFormerPeople)
    return endAll([...lost, ...again])
  }

  return {
    leave,
    async hold (userId, key, isWritten) {
      const isNew = !namesOf(await lists.find(userId)).includes(key)
      if (!isNew && !isWritten) return []
      // Counted first, so that it is taken from nobody who uses it; whether it was on the list, the list says in the same step.
      await begin(key)
      const { lost, again } = await put(userId, [key], bounds.perPerson)
      const ended = await endAll([...lost, ...again])
      // A deletion ends the list once the person is gone: it finds this one, or is seen here (threat AC-34).
      return (await people.find(userId)) ? ended : [...ended, ...(await leave(userId))]
    }
  }
}
