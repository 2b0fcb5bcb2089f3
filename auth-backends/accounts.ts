// Accounts whose password this server stores: what pages may know and change of them, and the account book that a
// backend is given to store them in.
// Tested in test/auth-backends/contract-accounts.ts.

import type { Text } from '../languages/index.ts'

declare const emailBrand: unique symbol

/**
 * An e-mail address in its one spelling for one mailbox. Only {@link parseEmail} makes it.
 */
export type Email = string & { readonly [emailBrand]: true }

/**
 * Characters; an address has 254 (RFC 5321 §4.5.3.1). Normalizing takes the square of the
 * marks on one letter.
 */
const MAX_TYPED = 1_000

/**
 * Trimmed, NFKC, lower case. It does not check whether it is an address: a backend decides
 * that.
 */
export const parseEmail = (text: string): Email => text.slice(0, MAX_TYPED).normalize('NFKC').trim().toLowerCase() as Email

/** What pages may know of an account whose password this server stores. */
export interface PasswordAccount {
  subject: string
  email: Email
  /** Whether someone has proved that they read the mailbox. */
  verified: boolean
  /**
   * Several people signed up with this address and none has proved that they read the mailbox. The one who does chooses
   * the password, and no earlier password counts.
   */
  contested: boolean
  /**
   * Counts the changes of password, address and proof, from 0. Links and unfinished sign-ins of an earlier generation
   * are void.
   */
  generation: number
}

/**
 * An account as it was when it was read: a change based on it is refused once another change
 * has come between.
 */
export type AccountVersion = Pick<PasswordAccount, 'subject' | 'email' | 'generation'>

/** What pages can do with accounts whose password this server stores. */
export interface PasswordAccounts {
  find(email: Email): Promise<PasswordAccount | undefined>
  findBySubject(subject: string): Promise<PasswordAccount | undefined>
  /**
   * @returns what is wrong with a new password, for the person who typed it; undefined if it
   * is accepted.
   */
  passwordProblem(email: Email, password: string): Promise<Text | undefined>
  /**
   * @returns a new address in its normal form, or what is wrong with it, for the person who typed it. It does not say
   * whether the address is taken.
   */
  readEmail(typed: string): { email: Email } | { problem: Text }
  checkPassword(subject: string, password: string): Promise<boolean>
  /**
   * @returns false, with nothing changed, if `present` is not the password, or no longer.
   */
  changePassword(subject: string, change: { present: string; next: string }): Promise<boolean>
  /**
   * From now on the account is found under the address `to`, and no longer under its present one. Its subject stays.
   * @param change.verified whether someone has proved that they read the new mailbox.
   * @returns false, with nothing changed, if `to` is taken or the account has changed since it was read.
   */
  changeEmail(account: AccountVersion, change: { to: Email; verified: boolean }): Promise<boolean>
  /**
   * For a person who came by a link and need not know the present password.
   * @param shown.verified whether the link went to the mailbox, which then counts as verified. Otherwise that stays as
   * it was.
   * @returns false, with nothing changed, if the account has changed since it was read.
   */
  setPassword(account: AccountVersion, password: string, shown: { verified: boolean }): Promise<boolean>
  /**
   * The mailbox counts as verified.
   * @returns false, with nothing changed, if the account has changed since it was read.
   */
  confirm(account: AccountVersion): Promise<boolean>
}

/**
 * An account in the server's own storage, for backends without a service behind them.
 */
export interface Account {
  subject: string
  email: Email
  name?: string
  /** A PHC string (argon2id), never the password. */
  passwordHash: string
  /** Whether someone has proved that they read the mailbox. */
  emailVerified?: boolean
  /** See {@link PasswordAccount.contested}. */
  contested?: true
  /** See {@link PasswordAccount.generation}. Absent means 0. */
  generation?: number
  /** Seconds since the epoch. */
  createdAt: number
  /**
   * For an account that waits for its confirmation: when the account book deletes it, in seconds since the epoch. A
   * verified address removes this.
   */
  expiresAt?: number
}

/**
 * The server's account book. An expired account does not exist in it. Every method throws when
 * storage is down.
 */
export interface Accounts {
  find(email: Email): Promise<Account | undefined>
  findBySubject(subject: string): Promise<Account | undefined>
  /** @returns false, with nothing written, if the address is taken. */
  create(account: Account): Promise<boolean>
  /**
   * Replaces the hash of the same password if it still is `previous`: a password that was changed meanwhile stays
   * changed. The generation stays.
   * @returns whether it was replaced.
   */
  setPasswordHash(email: Email, passwordHash: string, previous: string): Promise<boolean>
  /**
   * Moves the account with everything in it from one address to another, as a new generation.
   * @param expected what the account at `from` must be.
   * @returns false, with nothing changed, if `to` is taken or there is no such account at `from`.
   */
  move(
    from: Email,
    to: Pick<Account, 'email' | 'emailVerified'>,
    expected?: Pick<AccountVersion, 'subject' | 'generation'>
  ): Promise<boolean>
  /**
   * Changes an account. Every change makes a new generation.
   * @param decide returns undefined to leave the account as it is.
   * @returns whether it was changed; false for an address without an account.
   */
  change(email: Email, decide: (account: Account) => Account | undefined): Promise<boolean>
  delete(subject: string): Promise<void>
}
