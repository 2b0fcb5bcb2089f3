// Which grants a person has given: listed beside the grants, so that they can be shown, bounded and ended. A grant that
// has expired is dropped from the list when it is next read, but not by a clock that may be wrong for a moment: what is
// not listed could not be ended when it is right again (threat SG-12).
import type { Clock } from '../../../clock.ts'
import { isRecent } from '../../is-recent.ts'
import type { Change, Collection } from '../../storage/contract.ts'
import { createSettledTime } from '../../storage/monotonic-time.ts'
import type { Grant } from './contract.ts'

/** Ids of grants, each with its absolute end in seconds since the epoch. */
export interface GrantList {
  endsAt: Record<string, number>
  /** When those that are new were listed. */
  begunAt?: Record<string, number>
}

/** A grant is listed before it is written: for so long one that is not there may be about to be. */
const WRITING_SECONDS = 60

export interface GrantsByUser {
  /**
   * Call before the grant is written: a listed id without a grant does no harm, an unlisted grant could not be ended.
   */
  add(grant: Grant): Promise<void>
  /**
   * Drops ids from the list, for grants that no longer exist.
   * @param missing were not found. Of these, what was listed just now stays: once it is written, it could not be ended.
   */
  drop(userId: string, grantIds: readonly string[], missing?: readonly string[]): Promise<void>
  /** Every grant that exists, redeemed or not, newest first. */
  live(userId: string): Promise<Grant[]>
  /** Ids of every grant of a person, redeemed or not, expired or not. */
  ids(userId: string): Promise<string[]>
}

export function createGrantsByUser (
  lists: Collection<GrantList>,
  grants: Collection<Grant>,
  now: Clock,
  settled = createSettledTime(now)
): GrantsByUser {
  const ids = async (userId: string) => Object.keys((await lists.find(userId))?.endsAt ?? {})

  const isBeingWritten = ({ begunAt = {} }: GrantList, id: string): boolean => isRecent(begunAt[id] ?? -Infinity, WRITING_SECONDS, now())

  function changeTo (list: GrantList, which: (id: string) => boolean): Change<GrantList, void> {
    const endsAt = Object.fromEntries(Object.entries(list.endsAt).filter(([id]) => which(id)))
    if (Object.keys(endsAt).length === 0) return { remove: true, result: undefined }
    const begun = Object.entries(list.begunAt ?? {}).filter(([id]) => id in endsAt && isBeingWritten(list, id))
    const record = { endsAt, ...(begun.length > 0 && { begunAt: Object.fromEntries(begun) }) }
    // Without an end of its own: one that seems to have expired would be written anew, without what it held.
    return { write: { record, ttl: null }, result: undefined }
  }

  async function drop (userId: string, grantIds: readonly string[], missing: readonly string[] = []): Promise<void> {
    if (grantIds.length + missing.length === 0) return
    const dropped = new Set(grantIds)
    const unlessNew = new Set(missing)
    await lists.update<void>(userId, (list = { endsAt: {} }) => {
      const stays = (id: string) => !dropped.has(id) && (!unlessNew.has(id) || isBeingWritten(list, id))
      return Object.keys(list.endsAt).every(stays) ? { result: undefined } : changeTo(list, stays)
    })
  }

  return {
    ids,
    drop,
    add: ({ id, user, endsAt }) =>
      lists.update<void>(user.id, (list) => {
        const time = settled.now()
        const listed = { endsAt: { ...list?.endsAt, [id]: endsAt }, begunAt: { ...list?.begunAt, [id]: now() } }
        return changeTo(listed, (other) => other === id || listed.endsAt[other]! > time)
      }),
    async live (userId) {
      const listed = await ids(userId)
      const found = await Promise.all(listed.map((id) => grants.find(id)))
      if (settled.isPresent()) await drop(userId, [], listed.filter((_, index) => found[index] === undefined))
      return found.filter((grant) => grant !== undefined).sort((a, b) => b.createdAt - a.createdAt)
    }
  }
}
