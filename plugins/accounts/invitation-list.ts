// Which invitations there are, in one record: a listed id without an invitation does no harm, and one that is not listed
// is not shown and cannot be withdrawn. So none is dropped by a clock that may be wrong for a moment (threat SG-12).
// Tested in test/plugins/accounts/invitations.test.ts.
import type { Clock } from '../../clock.ts'
import type { Change, Collection, Storage } from '../storage/contract.ts'
import { createSettledTime } from '../storage/monotonic-time.ts'

/** The oldest that is not open any more goes for a new one. */
export const MAX_LISTED = 500

interface Listed {
  id: string
  goneAt: number
  usedBy?: string
}

export type InvitationList = ReturnType<typeof createInvitationList>

export function createInvitationList (storage: Storage, now: Clock, settled = createSettledTime(now)) {
  const ID = 'all'
  const store: Collection<{ listed: Listed[] }> = storage.collection('invitationList')
  const keptOf = (found: { listed: Listed[] } | undefined) => {
    const time = settled.now()
    return (found?.listed ?? []).filter(({ goneAt }) => goneAt > time)
  }
  const changeTo = <R>(listed: Listed[], result: R): Change<{ listed: Listed[] }, R> => {
    if (listed.length === 0) return { remove: true, result }
    // Without an end of its own: see ../oauth/grants/by-user.ts.
    return { write: { record: { listed }, ttl: null }, result }
  }
  const read = async () => keptOf(await store.find(ID))

  return {
    ids: async () => (await read()).map(({ id }) => id),
    ofUser: async (userId: string) => (await read()).filter(({ usedBy }) => usedBy === userId).map(({ id }) => id),
    /** @returns false, with nothing changed, where the list is full. */
    add: (id: string, goneAt: number) =>
      store.update<boolean>(ID, (found) => {
        const others = keptOf(found).filter((one) => one.id !== id)
        return others.length < MAX_LISTED ? changeTo([...others, { id, goneAt }], true) : { result: false }
      }),
    drop: (ids: readonly string[]) =>
      store.update<void>(ID, (found) => changeTo(keptOf(found).filter(({ id }) => !ids.includes(id)), undefined)),
    noteUser: (id: string, usedBy: string) =>
      store.update<void>(ID, (found) =>
        changeTo(keptOf(found).map((one) => (one.id === id ? { ...one, usedBy } : one)), undefined)
      )
  }
}
