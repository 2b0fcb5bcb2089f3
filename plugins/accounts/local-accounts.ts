// The account book for backends without a service behind them: one record an account, kept under its address. A change
// of address is decided by one write, so that the account is found by one address at every moment, whatever is cut
// short.
import { BackendUnavailable, normalizeEmail, type Account, type Accounts } from '../../auth-backends/contract.ts'
import type { Clock } from '../../clock.ts'
import type { Collection, Lifetime, Storage } from '../storage/contract.ts'
import { hashSecret } from '../secrets.ts'

/**
 * `movingTo`: this record is dead as soon as the account has one at that address. `movedFrom`: where such a record may
 * be left.
 */
interface Kept extends Account {
  movingTo?: string
  movedFrom?: string
}

type Version = Pick<Account, 'subject' | 'generation'>

/** Seconds that one move may keep another of the same account waiting. */
const MOVE_LIFETIME_SECONDS = 30

const key = (email: string): string => hashSecret(normalizeEmail(email))
function plain (kept: Kept): Account
function plain (kept: Kept | undefined): Account | undefined
function plain (kept: Kept | undefined): Account | undefined {
  if (!kept) return undefined
  const { movingTo: _, movedFrom: __, ...account } = kept
  return account
}

export function createAccounts (storage: Storage, now: Clock): Accounts {
  const ttlOf = ({ expiresAt }: Pick<Account, 'expiresAt'>): Lifetime =>
    expiresAt === undefined ? null : Math.max(1, expiresAt - now())
  const book = createBook(storage.collection<Kept>('account'), now, ttlOf)
  const addresses = storage.collection<{ email: string }>('accountAddress')
  const moves = storage.collection<object>('accountMove')
  const find = async (email: string) => plain(await book.find(email))
  const noteAddress = (account: Account) => addresses.put(account.subject, { email: account.email }, ttlOf(account))

  return {
    find,
    async findBySubject (subject) {
      const at = await addresses.find(subject)
      const account = at && (await find(at.email))
      if (account?.subject === subject) return account
      // Not where it was last seen: a walk, once.
      for await (const { record } of book.all()) {
        const found = record.subject === subject ? await find(record.email) : undefined
        if (found) await noteAddress(found)
        if (found) return found
      }
      return undefined
    },
    async create (account) {
      if (!(await book.claim(account))) return false
      await noteAddress(account)
      return true
    },
    setPasswordHash: book.setPasswordHash,
    async change (email, decide) {
      let wasTemporary = false
      const isChanged = await book.change(email, (found) => {
        wasTemporary = found.expiresAt !== undefined
        return decide(found)
      })
      const account = isChanged && wasTemporary && (await find(email))
      // Confirmed, perhaps: its index entry must last as long as the account.
      if (account) await noteAddress(account)
      return isChanged
    },
    async move (from, to, expected) {
      const subject = (await book.find(from))?.subject
      if (subject === undefined) return false
      if (!(await moves.create(subject, {}, MOVE_LIFETIME_SECONDS))) { throw new BackendUnavailable('The address of this account is being changed already', { reason: 'busy' }) }
      try {
        // Looked at again: another move may have ended a moment ago.
        const account = await book.find(from)
        if (account?.subject !== subject || (expected && !isSame(account, expected)) || !(await book.move(account, to))) { return false }
        const moved = await find(to.email)
        if (moved) await noteAddress(moved)
        return true
      } finally {
        await moves.delete(subject)
      }
    },
    async delete (subject) {
      // A walk over all of them: it is rare, and the address may have changed since.
      for await (const { record } of book.all()) if (record.subject === subject) await book.drop(record.email, subject)
      await addresses.delete(subject)
    }
  }
}

/** Whether an account is still what somebody has read. */
const isSame = (account: Version, { subject, generation = 0 }: Version): boolean =>
  account.subject === subject && (account.generation ?? 0) === generation

const next = (account: Account): number => (account.generation ?? 0) + 1

/** Somebody who has shown to read the mailbox keeps the account. */
const settled = ({ expiresAt, ...account }: Kept): Kept =>
  account.emailVerified || expiresAt === undefined ? account : { ...account, expiresAt }

/**
 * The records, each under its address. No reader of this book is shown an expired one, whether or not storage still has
 * it.
 */
function createBook (records: Collection<Kept>, now: Clock, ttlOf: (account: Kept) => Lifetime) {
  const isExpired = ({ expiresAt }: Kept): boolean => expiresAt !== undefined && expiresAt <= now()

  /** @returns what was there of this account; another's stays. */
  const drop = (email: string, subject: string): Promise<Kept | undefined> =>
    records.update<Kept | undefined>(key(email), (record) =>
      record?.subject === subject ? { remove: true, result: record } : { result: undefined }
    )

  /** Its address is free again. @returns nobody, or who took the address meanwhile. */
  const removeExpired = (email: string): Promise<Kept | undefined> =>
    records.update<Kept | undefined>(key(email), (record) =>
      record && isExpired(record) ? { remove: true, result: undefined } : { result: record }
    )

  async function find (email: string): Promise<Kept | undefined> {
    const found = await records.find(key(email))
    if (found && isExpired(found)) return removeExpired(email)
    if (found?.movingTo === undefined || (await records.find(key(found.movingTo)))?.subject !== found.subject) { return found }
    // The move was decided, and cut short before this record was gone.
    await drop(email, found.subject)
    return undefined
  }

  /** What a move that was cut short has left at an address keeps it from nobody. */
  const claim = async (account: Kept): Promise<boolean> =>
    (await create(account)) || ((await find(account.email)) === undefined && (await create(account)))

  function create (account: Kept): Promise<boolean> {
    const record = settled(account)
    return records.create(key(record.email), record, ttlOf(record))
  }

  const edit = (email: string, decide: (account: Kept) => Kept | undefined): Promise<boolean> =>
    records.update(key(email), (account) => {
      const changed = account && !isExpired(account) ? decide(account) : undefined
      if (!changed) return { result: false }
      const record = settled(changed)
      return { write: { record, ttl: ttlOf(record) }, result: true }
    })

  return {
    find,
    claim,
    change: (email: string, decide: (account: Kept) => Account | undefined) =>
      edit(email, (account) => {
        const changed = decide(account)
        return changed && { ...changed, generation: next(account) }
      }),
    drop,
    all: records.all,
    setPasswordHash: (email: string, passwordHash: string, previous: string): Promise<boolean> =>
      edit(email, (account) => (account.passwordHash === previous ? { ...account, passwordHash } : undefined)),
    async move (account: Kept, to: Pick<Account, 'email' | 'emailVerified'>): Promise<boolean> {
      const { emailVerified: _, ...kept } = plain(account)
      if (account.movedFrom !== undefined) await drop(account.movedFrom, account.subject)
      const marked = await edit(account.email, (found) =>
        isSame(found, account) ? { ...found, movingTo: to.email } : undefined
      )
      if (!marked) return false
      if (!(await claim({ ...kept, ...to, generation: next(account), movedFrom: account.email }))) {
        await edit(account.email, plain)
        return false
      }
      const left = await drop(account.email, account.subject)
      // A password that was set in this moment comes along.
      const later = left && (left.passwordHash !== account.passwordHash || left.generation !== account.generation)
      await edit(to.email, (found) => ({
        ...plain(found),
        ...(later && { passwordHash: left.passwordHash, generation: next(left) })
      }))
      return true
    }
  }
}
