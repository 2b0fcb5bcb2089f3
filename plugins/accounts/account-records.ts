// One record for each local account, stored under its address. A change of address is decided by one write, so that the
// account is found by exactly one address at every moment, even if the change is cut short:
//
//   at A { }  ─mark─>  at A { movingTo: B }  ─claim B─>  at B { movedFrom: A }, A is dead  ─drop A─>  at B { }
import type { Account, Email } from '../../auth-backends/contract.ts'
import type { Clock } from '../../clock.ts'
import { hashSecret } from '../secrets.ts'
import type { Collection, Lifetime } from '../storage/contract.ts'

export interface AccountRecord extends Account {
  /** This record is dead as soon as the account has one at that address. */
  movingTo?: Email
  /** Where a dead record of the account may be left. */
  movedFrom?: Email
}

type Version = Pick<Account, 'subject' | 'generation'>

/** Names the record of an address in storage. */
export const recordKeyOf = (email: Email): string => hashSecret(email)

function withoutMove (record: AccountRecord): Account
function withoutMove (record: AccountRecord | undefined): Account | undefined
function withoutMove (record: AccountRecord | undefined): Account | undefined {
  if (!record) return undefined
  const { movingTo: _, movedFrom: __, ...account } = record
  return account
}

/** Whether an account is still the one that was read. */
export const isSameVersion = (account: Version, { subject, generation = 0 }: Version): boolean =>
  account.subject === subject && (account.generation ?? 0) === generation

export const lifetimeAt = ({ expiresAt }: Pick<Account, 'expiresAt'>, now: number): Lifetime =>
  expiresAt === undefined ? null : Math.max(1, expiresAt - now)

const nextGeneration = (account: Account): number => (account.generation ?? 0) + 1

/** A verified address ends the deadline for its confirmation. */
function settled ({ expiresAt, ...account }: AccountRecord): AccountRecord {
  return account.emailVerified || expiresAt === undefined ? account : { ...account, expiresAt }
}

export type AccountRecords = ReturnType<typeof createAccountRecords>

/** No reader is shown an expired record, whether or not storage still has it. */
export function createAccountRecords (records: Collection<AccountRecord>, now: Clock) {
  const isExpired = ({ expiresAt }: AccountRecord): boolean => expiresAt !== undefined && expiresAt <= now()

  /** @returns what was there of this account; another's stays. */
  const drop = (email: Email, subject: string): Promise<AccountRecord | undefined> =>
    records.update<AccountRecord | undefined>(recordKeyOf(email), (record) =>
      record?.subject === subject ? { remove: true, result: record } : { result: undefined }
    )

  /** Frees the address. @returns undefined, or the account that took the address meanwhile. */
  const removeExpired = (email: Email): Promise<AccountRecord | undefined> =>
    records.update<AccountRecord | undefined>(recordKeyOf(email), (record) =>
      record && isExpired(record) ? { remove: true, result: undefined } : { result: record }
    )

  async function findRecord (email: Email): Promise<AccountRecord | undefined> {
    const found = await records.find(recordKeyOf(email))
    if (found && isExpired(found)) return removeExpired(email)
    if (found?.movingTo === undefined) return found
    if ((await records.find(recordKeyOf(found.movingTo)))?.subject !== found.subject) return found
    // The move was decided, and cut short before this record was dropped.
    await drop(email, found.subject)
    return undefined
  }

  function create (account: AccountRecord): Promise<boolean> {
    const record = settled(account)
    return records.create(recordKeyOf(record.email), record, lifetimeAt(record, now()))
  }

  /** A record that a move left behind does not block the address. */
  const claim = async (account: AccountRecord): Promise<boolean> =>
    (await create(account)) || ((await findRecord(account.email)) === undefined && (await create(account)))

  const edit = (email: Email, decide: (account: AccountRecord) => AccountRecord | undefined): Promise<boolean> =>
    records.update(recordKeyOf(email), (account) => {
      const changed = account && !isExpired(account) ? decide(account) : undefined
      if (!changed) return { result: false }
      const record = settled(changed)
      return { write: { record, ttl: lifetimeAt(record, now()) }, result: true }
    })

  return {
    find: async (email: Email) => withoutMove(await findRecord(email)),
    findRecord,
    claim,
    drop,
    /** @param key see {@link recordKeyOf}. @returns what was there, if it waited for its confirmation. */
    dropUnconfirmed: (key: string): Promise<AccountRecord | undefined> =>
      records.update<AccountRecord | undefined>(key, (record) =>
        record?.expiresAt === undefined ? { result: undefined } : { remove: true, result: record }
      ),
    all: records.all,
    change: (email: Email, decide: (account: AccountRecord) => Account | undefined) =>
      edit(email, (account) => {
        const changed = decide(account)
        return changed && { ...changed, generation: nextGeneration(account) }
      }),
    setPasswordHash: (email: Email, passwordHash: string, previous: string): Promise<boolean> =>
      edit(email, (account) => (account.passwordHash === previous ? { ...account, passwordHash } : undefined)),
    move: (account: AccountRecord, to: Pick<Account, 'email' | 'emailVerified'>) =>
      move({ drop, edit, claim }, account, to)
  }
}

interface Steps {
  drop(email: Email, subject: string): Promise<AccountRecord | undefined>
  edit(email: Email, decide: (account: AccountRecord) => AccountRecord | undefined): Promise<boolean>
  claim(account: AccountRecord): Promise<boolean>
}

/** @returns false, with nothing changed, when the address is taken or the account is another version. */
async function move (
  { drop, edit, claim }: Steps,
  account: AccountRecord,
  to: Pick<Account, 'email' | 'emailVerified'>
): Promise<boolean> {
  const { emailVerified: _, ...rest } = withoutMove(account)
  if (account.movedFrom !== undefined) await drop(account.movedFrom, account.subject)
  const isMarked = await edit(account.email, (found) =>
    isSameVersion(found, account) ? { ...found, movingTo: to.email } : undefined
  )
  if (!isMarked) return false
  if (!(await claim({ ...rest, ...to, generation: nextGeneration(account), movedFrom: account.email }))) {
    await edit(account.email, withoutMove)
    return false
  }
  const left = await drop(account.email, account.subject)
  // A password that was set between the two writes comes along.
  const wasChanged = left && (left.passwordHash !== account.passwordHash || left.generation !== account.generation)
  await edit(to.email, (found) => ({
    ...withoutMove(found),
    ...(wasChanged && { passwordHash: left.passwordHash, generation: nextGeneration(left) })
  }))
  return true
}
