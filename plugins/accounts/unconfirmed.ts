// Bounds how many accounts may wait for confirmation: anyone can create one, so each client address has places on one of
// several lists, and the oldest account on a list is deleted for a new one (threat TF-07).
import type { FastifyInstance } from 'fastify'
import type { Email } from '../../auth-backends/contract.ts'
import { createUnusedPlaces, type UnusedList } from '../oauth/clients/unused-places.ts'
import { hashSecret } from '../secrets.ts'
import { createAccountRecords, recordKeyOf, type AccountRecord } from './account-records.ts'

/** As long as such an account lasts. */
const PLACE_SECONDS = 86_400
/** 16,384 accounts in all. At five sign-ups a minute, the first link of one address is too old before it gives way. */
export const UNCONFIRMED_BOUNDS = { lists: 64, perList: 256 } as const
/** Stands for an address that has an account already: the same work, and nothing is deleted. */
const NOBODY = hashSecret('nobody')

export interface Unconfirmed {
  /**
   * Call before the account is created: a place without an account does no harm, and an account without a place would
   * not be counted.
   * @param site where the request comes from, as `siteOf` has it.
   */
  takePlace(email: Email, site: string): Promise<void>
}

export function createUnconfirmed ({
  storage,
  sealing,
  now
}: Pick<FastifyInstance, 'storage' | 'sealing' | 'now'>): Unconfirmed {
  const records = createAccountRecords(storage.collection<AccountRecord>('account'), now)
  const addresses = storage.collection<object>('accountAddress')
  const lists = storage.collection<UnusedList>('unconfirmedAccounts')
  const places = createUnusedPlaces(lists, sealing, now, PLACE_SECONDS, UNCONFIRMED_BOUNDS)
  return {
    async takePlace (email, site) {
      // If a place could change its list, another person could push the account out.
      const key = (await records.find(email)) ? NOBODY : recordKeyOf(email)
      for (const other of await places.take(key, places.listOf(site), site)) {
        const dropped = await records.dropUnconfirmed(other)
        if (dropped) await addresses.delete(dropped.subject)
      }
    }
  }
}
