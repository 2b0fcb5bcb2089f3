// Local accounts as the pages for passwords and addresses need them: found, verified, and changed only if no other
// change has come between.
// Tested in test/auth-backends/contract-accounts.ts.
import { parseEmail, type Account, type Accounts, type PasswordAccount, type PasswordAccounts } from './contract.ts'
import type { PasswordCheck } from './password-check.ts'
import type { PasswordHasher } from './password-hashing.ts'
import { isTooLong } from './password-rules.ts'
import { addressProblem } from './sign-up-rules.ts'

const toPasswordAccount = (account: Account | undefined): PasswordAccount | undefined =>
  account && {
    subject: account.subject,
    email: account.email,
    verified: account.emailVerified === true,
    contested: account.contested === true,
    generation: account.generation ?? 0
  }

/** Whether the account still has the generation that a change is based on. */
export const isUnchanged = (
  found: Account,
  { subject, generation = 0 }: Pick<Account, 'subject' | 'generation'>
): boolean => found.subject === subject && (found.generation ?? 0) === generation

/** @param book the server's account book. */
export function createLocalAccounts (book: Accounts, hasher: PasswordHasher, check: PasswordCheck): PasswordAccounts {
  /** @returns the account, if this is its password. */
  async function findByPassword (subject: string, password: string): Promise<Account | undefined> {
    const account = isTooLong(password) ? undefined : await book.findBySubject(subject)
    return account && (await hasher.verify(account.passwordHash, password)) ? account : undefined
  }

  return {
    find: async (email) => toPasswordAccount(await book.find(email)),
    findBySubject: async (subject) => toPasswordAccount(await book.findBySubject(subject)),
    passwordProblem: async (email, password) =>
      check(password, { email, name: (await book.find(email))?.name }, 'owner'),
    readEmail (typed) {
      const email = parseEmail(typed)
      const problem = addressProblem(email)
      return problem === undefined ? { email } : { problem }
    },
    checkPassword: async (subject, password) => (await findByPassword(subject, password)) !== undefined,
    async changePassword (subject, { present, next }) {
      const account = await findByPassword(subject, present)
      if (!account) return false
      const passwordHash = await hasher.hash(next)
      return book.change(account.email, (found) =>
        isUnchanged(found, account) ? { ...found, passwordHash } : undefined
      )
    },
    changeEmail: (account, { to, verified }) =>
      book.move(account.email, { email: parseEmail(to), ...(verified && { emailVerified: true }) }, account),
    async setPassword (account, password, { verified }) {
      const passwordHash = await hasher.hash(password)
      return book.change(account.email, ({ contested: _, ...found }) =>
        isUnchanged(found, account) ? { ...found, passwordHash, ...(verified && { emailVerified: true }) } : undefined
      )
    },
    confirm: (account) =>
      book.change(account.email, (found) =>
        isUnchanged(found, account) ? { ...found, emailVerified: true } : undefined
      )
  }
}
