// What is sent when somebody makes an account, or changes how it is entered: a link to confirm it, a notice, or, where
// there is an account already, a word to its owner. Nobody waits for it, so nobody can time it (threat LG-15).
import type { FastifyInstance } from 'fastify'
import type { PasswordAccount, PasswordAccounts } from '../../auth-backends/contract.ts'
import { describeScopes } from '../oauth/scopes.ts'
import type { User } from '../sign-in/contract.ts'

type House = Pick<FastifyInstance, 'accountLinks' | 'mail' | 'issuer'>

/** @param confirmUrl @param resetUrl make the link of a secret. @param forgotUrl where a new password is asked for. */
export async function sendConfirmation (
  app: House,
  backend: string,
  accounts: PasswordAccounts,
  email: string,
  {
    confirmUrl,
    resetUrl,
    forgotUrl
  }: { confirmUrl(secret: string): string; resetUrl(secret: string): string; forgotUrl: string }
): Promise<void> {
  const account = await accounts.find(email)
  if (!account) return
  if (account.verified) {
    tellOwner(app, account.email, 'make an account', forgotUrl)
    return
  }
  if (account.contested) {
    const secret = await app.accountLinks.issue({ purpose: 'reset', backend, account, by: 'mail' })
    app.mail.send({
      to: account.email,
      purpose: 'choose',
      subject: 'Choose the password of your account',
      text: `Somebody, most likely you, made an account at ${app.issuer} with this address, and not for the first time.\n\nOpen this link within 30 minutes to choose its password; those that were typed before do not count, nor do links that came before:\n${resetUrl(secret)}\n\nIf it was not you, do nothing: nobody can use the account then.\n`
    })
    return
  }
  const secret = await app.accountLinks.issue({ purpose: 'confirm', backend, account, by: 'mail' })
  app.mail.send({
    to: account.email,
    purpose: 'confirm',
    subject: 'Confirm your address',
    text: `Somebody, most likely you, made an account at ${app.issuer} with this address.\n\nOpen this link within 30 minutes to confirm it:\n${confirmUrl(secret)}\n\nIf it was not you, do nothing: nobody can use the account then.\n`
  })
}

/** The same is done, and sent to `account`, whether or not the new address is taken. */
export async function sendAddressChange (
  app: House,
  backend: string,
  accounts: PasswordAccounts,
  {
    account,
    to,
    changeUrl,
    forgotUrl
  }: { account: PasswordAccount; to: string; changeUrl(secret: string): string; forgotUrl: string }
): Promise<void> {
  app.mail.send({
    to: account.email,
    purpose: 'notice',
    subject: 'Your address is about to be changed',
    text: `Somebody, most likely you, asked to change the address of your account at ${app.issuer}. It changes once the link is opened that was sent to the new address.\n\nIf it was not you, choose a new password now. That stops it, and signs out everybody else:\n${forgotUrl}\n`
  })
  if (await accounts.find(to)) {
    tellOwner(app, to, 'use', forgotUrl)
    return
  }
  const secret = await app.accountLinks.issue({ purpose: 'change', backend, account, email: to, by: 'mail' })
  app.mail.send({
    to,
    purpose: 'new-address',
    subject: 'Confirm your new address',
    text: `Somebody, most likely you, asked to use this address for an account at ${app.issuer}.\n\nOpen this link within 30 minutes to change it:\n${changeUrl(secret)}\n\nIf it was not you, do nothing: nothing changes then.\n`
  })
}

/** OWASP ASVS 6.3.7: whoever did not do it themselves learns of it. */
export function sendPasswordChanged (app: House, email: string, forgotUrl: string): void {
  app.mail.send({
    to: email,
    purpose: 'notice',
    subject: 'Your password was changed',
    text: `The password of your account at ${app.issuer} was changed, and every other browser was signed out.\n\nIf it was not you, choose a new one now:\n${forgotUrl}\n`
  })
}

/** To every address that the person has shown to read. @param title of the backend. */
export const sendWayAdded = (app: Pick<House, 'mail' | 'issuer'>, user: User, title: string): void =>
  tellPerson(app, user, {
    subject: 'A way to sign in was added to your account',
    text: `From now on your account at ${app.issuer} can be entered through ${title} as well.\n\nIf it was not you, sign in, open the account page, remove it, and change your password:\n${app.issuer}\n`
  })

/** See {@link sendWayAdded}. @param user as they were before. */
export const sendWaysRemoved = (app: Pick<House, 'mail' | 'issuer'>, user: User, titles: string[]): void =>
  tellPerson(app, user, {
    subject: 'A way to sign in was removed from your account',
    text: `Your account at ${app.issuer} can no longer be entered through ${titles.join(', ')}, and every other browser was signed out.\n\nIf it was not you, sign in and look at the account page:\n${app.issuer}\n`
  })

/**
 * What a person has just allowed. `host`: where the browser was sent with it; `loopback`: a program on the same
 * computer.
 */
export interface NewApp {
  clientId: string
  clientName: string
  host: string
  loopback: boolean
  scopes: readonly string[]
}

/** An app is told of once a day. */
const APP_NOTICE_SECONDS = 86_400

/**
 * Not more often than once a day for each person and app. See {@link sendWayAdded}.
 * @throws StorageUnavailable when that cannot be known; nothing is sent then.
 */
export async function sendAppConnected (
  app: Pick<FastifyInstance, 'mail' | 'issuer' | 'storage' | 'sealing' | 'now'>,
  user: User,
  { clientId, clientName, host, loopback, scopes }: NewApp
): Promise<void> {
  if (!app.mail.isOn || shownAddresses(user).length === 0) return
  const notices = app.storage.collection<{ at: number }>('appNotice')
  const isDue = await notices.update<boolean>(
    app.sealing.mac('app notice', JSON.stringify([user.id, clientId])),
    (last) =>
      last && last.at > app.now() - APP_NOTICE_SECONDS
        ? { result: false }
        : { write: { record: { at: app.now() }, ttl: APP_NOTICE_SECONDS }, result: true }
  )
  if (!isDue) return
  const rights = describeScopes(scopes)
    .map(({ text }) => `- ${text}`)
    .join('\n')
  const where = loopback ? `a program on the same computer (${host})` : host
  tellPerson(app, user, {
    purpose: 'app',
    subject: 'An app was connected to your account',
    text: `Your account at ${app.issuer} was connected to an app that calls itself ${JSON.stringify(clientName)}. The browser was sent to ${where}. The app may:\n${rights}\n\nIf it was not you, sign in, open the account page, disconnect it, sign out everywhere, and change your password:\n${app.issuer}\n`
  })
}

/** Addresses that the person has shown to read. */
const shownAddresses = ({ email, emailVerified, identities }: User): string[] => [
  ...new Set(
    [{ email, emailVerified }, ...identities].flatMap((one) =>
      one.email !== undefined && one.emailVerified ? [one.email] : []
    )
  )
]

function tellPerson (
  app: Pick<House, 'mail'>,
  user: User,
  { purpose = 'notice', ...message }: { purpose?: 'notice' | 'app'; subject: string; text: string }
): void {
  for (const to of shownAddresses(user)) app.mail.send({ to, purpose, ...message })
}

function tellOwner (app: House, email: string, tried: 'make an account' | 'use', forgotUrl: string): void {
  const what = tried === 'use' ? 'use this address for another account at' : 'make an account with this address at'
  app.mail.send({
    to: email,
    purpose: 'taken',
    subject: 'You have an account already',
    text: `Somebody, most likely you, tried to ${what} ${app.issuer}. There is one already.\n\nSign in with its password, or choose a new one:\n${forgotUrl}\n\nIf it was not you, do nothing.\n`
  })
}
