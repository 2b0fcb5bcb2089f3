// Which grants a person has given: kept beside the grants, so that they can be listed and ended. A grant that has ended
// by itself is dropped from the list when it is next read.
import type { Clock } from '../../../clock.ts'
import type { Collection } from '../../storage/contract.ts'
import type { Grant } from './contract.ts'

/** Ids of grants with the second, since the epoch, at which each ends at the latest. */
export interface GrantList {
  endsAt: Record<string, number>
}

export interface GrantsByUser {
  /**
   * Called before the grant is written: one that is listed and was never made does no harm, one that is not listed
   * could not be ended.
   */
  add(grant: Grant): Promise<void>
  /** Grants whose code was redeemed and that are still alive, newest first. */
  list(userId: string): Promise<Grant[]>
  /** Every grant of a person, redeemed or not, ended or not. */
  ids(userId: string): Promise<string[]>
}

export function createGrantsByUser (lists: Collection<GrantList>, grants: Collection<Grant>, now: Clock): GrantsByUser {
  const ids = async (userId: string) => Object.keys((await lists.find(userId))?.endsAt ?? {})
  return {
    ids,
    add: ({ id, user, endsAt }) =>
      lists.update(user.id, (list) => {
        const alive = Object.fromEntries(Object.entries(list?.endsAt ?? {}).filter(([, end]) => end > now()))
        return {
          write: {
            record: { endsAt: { ...alive, [id]: endsAt } },
            ttl: Math.max(endsAt, ...Object.values(alive)) - now()
          },
          result: undefined
        }
      }),
    async list (userId) {
      const listed = await ids(userId)
      const found = await Promise.all(listed.map((id) => grants.find(id)))
      const ended = new Set(listed.filter((_, index) => found[index] === undefined))
      if (ended.size > 0) {
        await lists.update(userId, (list) => {
          const left = Object.entries(list?.endsAt ?? {}).filter(([id]) => !ended.has(id))
          if (left.length === 0) return { remove: true, result: undefined }
          return {
            write: {
              record: { endsAt: Object.fromEntries(left) },
              ttl: Math.max(...left.map(([, end]) => end)) - now()
            },
            result: undefined
          }
        })
      }
      return found
        .filter((grant) => grant !== undefined && grant.code.used)
        .sort((a, b) => b!.createdAt - a!.createdAt) as Grant[]
    }
  }
}
