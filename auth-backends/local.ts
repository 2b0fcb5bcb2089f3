// Accounts on this server: e-mail and password, kept in the house's own account book. OWASP authentication and password
// storage sheets.
import { randomBytes, randomUUID } from 'node:crypto'
import { z } from 'zod'
import {
  BackendUnavailable,
  parseEmail,
  type Account,
  type Accounts,
  type AuthBackend,
  type BackendModule,
  type Credentials,
  type Email,
  type BackendHost,
  type Identity,
  type PasswordAccount,
  type PasswordAccounts,
  type SignUpRequest,
  type SignUpResult
} from './contract.ts'
import { createPasswordHasher, createTurns, type PasswordHasher } from './password-hashing.ts'
import { isTooLong, passwordProblem } from './password-rules.ts'
import { addressProblem, nameProblem } from './sign-up-rules.ts'
import type { Input } from './password-strength-task.ts'

const STRENGTH_TASK = new URL('./password-strength-task.ts', import.meta.url)
const STRENGTH_TIMEOUT_MS = 10_000

/**
 * Without mail nobody can show that they read the mailbox: the address is what they typed then, neither proven nor
 * disproven.
 */
const identify = ({ subject, email, name, emailVerified, generation = 0 }: Account): Identity => ({
  subject,
  email,
  name,
  generation,
  ...(emailVerified && { emailVerified })
})

/** An unconfirmed account is kept this long: anybody can make one. */
export const MAX_UNCONFIRMED_SECONDS = 86_400

const CONFIRM = 'We sent a message to this address. Open the link in it within 30 minutes to finish, and then sign in.'
const UNCONFIRMED =
  'This account has not been confirmed yet. Open the link that we sent to the address; “Forgot your password?” sends a new one.'

type Weakness = (password: string, email: Email, name: string | undefined) => Promise<string | undefined>

/**
 * The rules first: they are quick, and bound what is estimated.
 * @throws BackendUnavailable when it cannot be estimated now: no password is taken unseen.
 */
function createWeakness ({ runInWorker: work }: Pick<BackendHost, 'runInWorker'>): Weakness {
  const inTurn = createTurns({ running: 1, waiting: 64 })
  return async (password, email, name) =>
    passwordProblem(password, email) ??
    (await inTurn(async () => {
      const known = [email, ...email.split(/[@.+_-]/), ...(name?.split(/\s+/) ?? [])]
      try {
        return await work<string | undefined>(STRENGTH_TASK, { password, known } satisfies Input, {
          timeout: STRENGTH_TIMEOUT_MS
        })
      } catch (cause) {
        throw new BackendUnavailable('The strength of a password could not be estimated', { fault: 'busy', cause })
      }
    }))
}

/** @param hasher replaced in tests that look at its limits. */
export async function openLocal (
  house: BackendHost,
  hasher: PasswordHasher = createPasswordHasher()
): Promise<AuthBackend> {
  const weakness = createWeakness(house)
  // Checked in place of the hash of an account that does not exist, so that an unknown address takes as long as a wrong
  // password. Whoever comes first waits until there is one, whatever the address.
  let nobody: Promise<string> | undefined
  const hashOfNobody = () => {
    nobody ??= hasher.hash(randomBytes(32).toString('hex')).catch((error: unknown) => {
      nobody = undefined
      throw error
    })
    return nobody
  }

  async function verify ({ identifier, password }: Credentials): Promise<Identity | { refused: string } | null> {
    // No account has such a password, whatever the address.
    if (isTooLong(password)) return null
    const email = parseEmail(identifier)
    const instead = await hashOfNobody()
    const account = addressProblem(email) ? undefined : await house.accounts.find(email)
    const matches = await hasher.verify(account?.passwordHash ?? instead, password)
    if (!account || !matches) return null
    if (await hasher.isOutdated(account.passwordHash)) await renewHash(account, password)
    // Said to nobody but those who know the password.
    if (house.sendsMail && !account.emailVerified) return { refused: UNCONFIRMED }
    return account.expiresAt === undefined ? identify(account) : keep(house.accounts, account)
  }

  /** The person has shown the right password: that this server is too busy for a new hash must not keep them out. */
  async function renewHash (account: Account, password: string): Promise<void> {
    try {
      await house.accounts.setPasswordHash(account.email, await hasher.hash(password), account.passwordHash)
    } catch (error) {
      house.log.warn(`A password hash with old parameters stays until the next sign-in: ${(error as Error).message}`)
    }
  }

  async function create (request: SignUpRequest): Promise<SignUpResult> {
    const email = parseEmail(request.email)
    const name = request.name?.trim() || undefined
    const refusal =
      refuse('email', addressProblem(email)) ??
      refuse('name', name && nameProblem(name)) ??
      refuse('password', await weakness(request.password, email, name))
    if (refusal) return refusal
    const noPassword = await hashOfNobody()
    const account = {
      subject: randomUUID(),
      email,
      name,
      passwordHash: await hasher.hash(request.password),
      createdAt: house.now(),
      ...(house.sendsMail && { expiresAt: house.now() + MAX_UNCONFIRMED_SECONDS })
    }
    const isNew = await house.accounts.create(account)
    // The same words whether or not the address was taken: only its owner is told, by mail.
    if (house.sendsMail) {
      if (!isNew) await contest(email, noPassword)
      return { kind: 'confirm', message: CONFIRM }
    }
    if (isNew) return { kind: 'signed-up', identity: identify(account) }
    return {
      kind: 'refused',
      field: 'email',
      message: 'There is an account with this address already. Sign in instead.'
    }
  }

  /**
   * Whose mailbox it is has not been shown: the password of whoever came first must not be confirmed by whoever comes
   * second, nor the other way round.
   */
  const contest = (email: Email, noPassword: string): Promise<boolean> =>
    house.accounts.change(email, (found) =>
      // Once is enough: each change voids the links of before, and those who sign up again and again must not void the
      // owner's.
      found.emailVerified || found.contested ? undefined : { ...found, passwordHash: noPassword, contested: true }
    )

  return {
    title: 'Account on this server',
    password: { label: 'E-mail address', verify },
    signUp: { create },
    accounts: openAccounts(house.accounts, hasher, weakness),
    deleteUser: (subject) => house.accounts.delete(subject)
  }
}

/**
 * It waits for a confirmation since this server sent mail, which it does no more: its owner uses it, so it stays.
 * @returns null where it was changed meanwhile.
 */
async function keep (accounts: Accounts, account: Account): Promise<Identity | null> {
  const isKept = await accounts.change(account.email, ({ expiresAt: _, ...found }) =>
    isStill(found, account) ? found : undefined
  )
  return isKept ? identify({ ...account, generation: (account.generation ?? 0) + 1 }) : null
}

/** Accounts as the pages for passwords and addresses need them. */
function openAccounts (book: Accounts, hasher: PasswordHasher, weakness: Weakness): PasswordAccounts {
  const show = (account: Account | undefined): PasswordAccount | undefined =>
    account && {
      subject: account.subject,
      email: account.email,
      verified: account.emailVerified === true,
      contested: account.contested === true,
      generation: account.generation ?? 0
    }

  /** The account, if this is its password. */
  async function open (subject: string, password: string): Promise<Account | undefined> {
    const account = isTooLong(password) ? undefined : await book.findBySubject(subject)
    return account && (await hasher.verify(account.passwordHash, password)) ? account : undefined
  }

  return {
    find: async (email) => show(await book.find(email)),
    findBySubject: async (subject) => show(await book.findBySubject(subject)),
    passwordProblem: async (email, password) => weakness(password, email, (await book.find(email))?.name),
    readEmail (typed) {
      const email = parseEmail(typed)
      const problem = addressProblem(email)
      return problem === undefined ? { email } : { problem }
    },
    checkPassword: async (subject, password) => (await open(subject, password)) !== undefined,
    async changePassword (subject, { present, next }) {
      const account = await open(subject, present)
      if (!account) return false
      const passwordHash = await hasher.hash(next)
      return book.change(account.email, (found) => (isStill(found, account) ? { ...found, passwordHash } : undefined))
    },
    changeEmail: (account, { to, verified }) =>
      book.move(account.email, { email: to, ...(verified && { emailVerified: true }) }, account),
    async setPassword (account, password, { verified }) {
      const passwordHash = await hasher.hash(password)
      return book.change(account.email, ({ contested: _, ...found }) =>
        isStill(found, account) ? { ...found, passwordHash, ...(verified && { emailVerified: true }) } : undefined
      )
    },
    confirm: (account) =>
      book.change(account.email, (found) => (isStill(found, account) ? { ...found, emailVerified: true } : undefined))
  }
}

const isStill = (found: Account, { subject, generation = 0 }: Pick<Account, 'subject' | 'generation'>): boolean =>
  found.subject === subject && (found.generation ?? 0) === generation

const refuse = (field: 'email' | 'password' | 'name', message: string | undefined): SignUpResult | undefined =>
  message ? { kind: 'refused', field, message } : undefined

export default { env: z.object({}), open: (_env, house) => openLocal(house) } satisfies BackendModule
