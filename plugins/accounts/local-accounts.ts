// Accounts of backends without a service behind them, as such a backend sees them: found by address or by subject. The
// records are in account-records.ts.
import { BackendUnavailable, type Account, type Accounts, type Email } from '../../auth-backends/contract.ts'
import type { Clock } from '../../clock.ts'
import type { Storage } from '../storage/contract.ts'
import {
  createAccountRecords,
  isSameVersion,
  lifetimeAt,
  type AccountRecord,
  type AccountRecords
} from './account-records.ts'
import { inTurns } from '../in-turns.ts'
import { takeTurn } from './in-turn.ts'

/** How long one move may keep another of the same account waiting, and its deletion. */
const MOVE_LIFETIME_SECONDS = 30

export function createLocalAccounts (storage: Storage, now: Clock): Accounts {
  const records = createAccountRecords(storage.collection<AccountRecord>('account'), now)
  const addresses = storage.collection<{ email: Email }>('accountAddress')
  const moves = storage.collection<object>('accountMove')
  const noteAddress = (account: Account) =>
    addresses.put(account.subject, { email: account.email }, lifetimeAt(account, now()))

  return {
    find: records.find,
    async findBySubject (subject) {
      const entry = await addresses.find(subject)
      const account = entry && (await records.find(entry.email))
      if (account?.subject === subject) return account
      // Not at the address it was last seen at: a walk, once.
      for await (const { record } of inTurns(records.all())) {
        const found = record.subject === subject ? await records.find(record.email) : undefined
        if (found) await noteAddress(found)
        if (found) return found
      }
      return undefined
    },
    async create (account) {
      if (!(await records.claim(account))) return false
      await noteAddress(account)
      return true
    },
    setPasswordHash: records.setPasswordHash,
    async change (email, decide) {
      let wasTemporary = false
      const isChanged = await records.change(email, (found) => {
        wasTemporary = found.expiresAt !== undefined
        return decide(found)
      })
      const account = isChanged && wasTemporary && (await records.find(email))
      // It may be confirmed now: its index entry must last as long as the account.
      if (account) await noteAddress(account)
      return isChanged
    },
    async move (from, to, expected) {
      const subject = (await records.find(from))?.subject
      if (subject === undefined) return false
      if (!(await moves.create(subject, {}, MOVE_LIFETIME_SECONDS))) {
        throw new BackendUnavailable('The address of this account is already being changed', { reason: 'busy' })
      }
      try {
        // Read again: another move may have ended a moment ago.
        const account = await records.findRecord(from)
        if (account?.subject !== subject || (expected && !isSameVersion(account, expected))) return false
        if (!(await records.move(account, to))) return false
        const moved = await records.find(to.email)
        if (moved) await noteAddress(moved)
        return true
      } finally {
        await moves.delete(subject)
      }
    },
    async delete (subject) {
      // A move that runs would claim an address after the account was dropped: it would be there, and lead to nobody. It takes
      // milliseconds, or its process has ended; none begins afterwards.
      await takeTurn(moves, subject, MOVE_LIFETIME_SECONDS)
      await dropRecords(records, subject, (await addresses.find(subject))?.email)
      await addresses.delete(subject)
      await moves.delete(subject)
    }
  }
}

/** @param email where the account was last seen: with it, no other account is read. */
async function dropRecords (records: AccountRecords, subject: string, email: Email | undefined): Promise<void> {
  const dropped = email && (await records.drop(email, subject))
  // A move that was cut short may have left a second record.
  for (const other of [dropped?.movingTo, dropped?.movedFrom]) if (other) await records.drop(other, subject)
  if (dropped) return
  for await (const { record } of inTurns(records.all())) {
    if (record.subject === subject) await records.drop(record.email, subject)
  }
}
