// Messages to the owner of a mailbox: links, and notices of changes to their account. They are sent in the background,
// so the time of an answer reveals nothing (threat LG-15). Each sender takes the words of the request that caused the
// message, and `english` for an operator's command.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Email, PasswordAccount, PasswordAccounts } from '../../auth-backends/contract.ts'
import type { Words } from '../../languages/index.ts'
import type { AccessKey } from '../access-keys/contract.ts'
import { renderMail, type MailText } from '../mail/templates.ts'
import { describeLess } from '../oauth/less.ts'
import { describeScopes } from '../oauth/scopes.ts'
import type { User } from '../sign-in/contract.ts'
import { networkOf, siteOf } from '../client-address.ts'
import { isRecent } from '../is-recent.ts'
import { verifiedAddresses } from './user-record.ts'

type Sender = Pick<FastifyInstance, 'mail' | 'issuer' | 'identity'>
type Deps = Sender & Pick<FastifyInstance, 'accountLinks'>

/** What every message says of this server. */
const aboutServer = ({ identity, issuer }: Sender) => ({ name: identity.name, server: issuer })

/** How the URLs in messages are made. */
export interface MessageUrls {
  /** The link with a secret, by what it is for. */
  confirm(secret: string): string
  reset(secret: string): string
  change(secret: string): string
  /** Stops the removal of second factors. */
  keepFactors(secret: string): string
  /** Removes the first second factor of an account. */
  undoFactors(secret: string): string
  /** Where a new password can be chosen. */
  forgot: string
}

/**
 * After a sign-up: a link to confirm the account or, where the address has an owner already, a
 * notice to them.
 */
export async function sendConfirmation (
  app: Deps,
  request: FastifyRequest,
  urls: MessageUrls,
  backend: string,
  accounts: PasswordAccounts,
  email: Email
): Promise<void> {
  const { words } = request
  const account = await accounts.find(email)
  if (!account) return
  const addressed = { to: account.email, from: siteOf(networkOf(request)) }
  if (account.verified) {
    const write = () => renderMail(words, 'account-exists', { ...aboutServer(app), forgotUrl: urls.forgot })
    app.mail.sendOnRequest({ ...addressed, purpose: 'taken' }, write)
    return
  }
  const { contested } = account
  app.mail.sendOnRequest({ ...addressed, purpose: contested ? 'choose' : 'confirm' }, async () => {
    const secret = await app.accountLinks.issue({ purpose: contested ? 'reset' : 'confirm', backend, account, by: 'mail' })
    const data = { ...aboutServer(app), link: contested ? urls.reset(secret) : urls.confirm(secret) }
    return renderMail(words, contested ? 'choose-password' : 'confirm', data)
  })
}

/**
 * For a forgotten password. For an address without an account as much is stored. A link and a message are made for an account alone,
 * in the background and once in ten minutes (threat LG-14).
 */
export async function sendResetLink (
  app: Deps,
  words: Words,
  urls: MessageUrls,
  backend: string,
  accounts: PasswordAccounts,
  email: Email
): Promise<void> {
  const account = await accounts.find(email)
  const write = account && (async () => {
    const secret = await app.accountLinks.issue({ purpose: 'reset', backend, account, by: 'mail' })
    return renderMail(words, 'reset-password', { ...aboutServer(app), link: urls.reset(secret) })
  })
  app.mail.sendOnRequest({ to: account?.email ?? email, purpose: 'reset' }, write)
}

/**
 * The account and its person are sent the same message whether or not the new address is
 * taken.
 */
export async function sendAddressChange (
  app: Deps,
  words: Words,
  urls: MessageUrls,
  backend: string,
  accounts: PasswordAccounts,
  { user, account, to }: { user: User; account: PasswordAccount; to: Email }
): Promise<void> {
  const about = { ...aboutServer(app), forgotUrl: urls.forgot }
  sendToPerson(app, user, 'requested', renderMail(words, 'address-change-requested', about), account.email)
  if (await accounts.find(to)) {
    app.mail.sendOnRequest({ to, purpose: 'taken', from: user.id }, () => renderMail(words, 'address-taken', about))
    return
  }
  app.mail.sendOnRequest({ to, purpose: 'new-address', from: user.id }, async () => {
    const secret = await app.accountLinks.issue({ purpose: 'change', backend, account, email: to, by: 'mail' })
    return renderMail(words, 'confirm-new-address', { ...aboutServer(app), link: urls.change(secret) })
  })
}

/**
 * OWASP ASVS 6.3.7: owners are notified of a change that they may not have made themselves.
 * @param changed.user the person, if the account has one: a reader of one of their mailboxes may not have access to the others.
 * @param changed.mailbox the account's own, where the change was proved to it.
 */
export function sendPasswordChanged (
  app: Sender,
  words: Words,
  changed: { user: User | undefined; mailbox: Email | undefined },
  forgotUrl: string
): void {
  const message = renderMail(words, 'password-changed', { ...aboutServer(app), forgotUrl })
  sendToPerson(app, changed.user, 'notice', message, changed.mailbox)
}

/** To every verified address of the person. @param title of the backend. */
export const sendSignInMethodAdded = (app: Sender, words: Words, user: User, title: string): void =>
  sendToPerson(app, user, 'notice', renderMail(words, 'method-added', { ...aboutServer(app), title }))

/**
 * See {@link sendSignInMethodAdded}. @param organization the host of its identity provider.
 */
export const sendOrganizationAdded = (app: Sender, words: Words, user: User, organization: string): void =>
  sendToPerson(app, user, 'notice', renderMail(words, 'organization-added', { ...aboutServer(app), organization }))

/** See {@link sendSignInMethodAdded}. @param user as they were before. */
export function sendSignInMethodsRemoved (app: Sender, words: Words, user: User, titles: string[]): void {
  if (titles.length === 0) return
  sendToPerson(app, user, 'notice', renderMail(words, 'methods-removed', { ...aboutServer(app), titles: words.list(titles) }))
}

/**
 * What a person has just allowed. `host`: where the browser was sent with it; `loopback`: a program on the same
 * computer.
 */
export interface NewApp {
  clientId: string
  clientName: string
  host: string
  loopback: boolean
  scopes: string[]
  without?: string[]
}

/** One notice of each app in this time. */
const APP_NOTICE_SECONDS = 86_400
/** Apps of one person that they were told of: anyone who is signed in can connect ever new ones. */
const MAX_APPS_TOLD = 256

/** What a person was told of lately, the newest last: each app by a keyed hash, with the second. */
interface AppsTold {
  told: Array<[app: string, at: number]>
}

/**
 * Not more often than once a day for each person and app. See {@link sendSignInMethodAdded}.
 * @throws StorageUnavailable when that cannot be known; nothing is sent then.
 */
export async function sendAppConnected (
  app: Sender & Pick<FastifyInstance, 'storage' | 'sealing' | 'now'>,
  words: Words,
  user: User,
  { clientId, clientName, host, loopback, ...given }: NewApp
): Promise<void> {
  if (!app.mail.isOn || verifiedAddresses(user).length === 0) return
  const notices = app.storage.collection<AppsTold>('appNotice')
  const name = app.sealing.mac('app notice', JSON.stringify([user.id, clientId])).slice(0, 22)
  const isDue = await notices.update<boolean>(app.sealing.mac('app notices', user.id), (found) => {
    const told = (found?.told ?? []).filter(([, at]) => isRecent(at, APP_NOTICE_SECONDS, app.now()))
    if (told.some(([other]) => other === name)) return { result: false }
    const record: AppsTold = { told: [...told, [name, app.now()] as const].slice(-MAX_APPS_TOLD) as AppsTold['told'] }
    return { write: { record, ttl: APP_NOTICE_SECONDS }, result: true }
  })
  if (!isDue) return
  const rights = bulleted([...describeScopes(words, given.scopes).map(({ text }) => text), ...describeLess(words, given)])
  const data = { app: JSON.stringify(clientName), host, loopback: loopback ? 'yes' : 'no', rights } as const
  sendToPerson(app, user, 'app', renderMail(words, 'app-connected', { ...aboutServer(app), ...data }))
}

/** To every verified address of the person, also where the operator made the key. */
export function sendKeyCreated (
  app: Sender,
  words: Words,
  user: User,
  { name, scopes, endsAt }: Pick<AccessKey, 'name' | 'scopes' | 'endsAt'>
): void {
  const rights = bulleted(describeScopes(words, scopes).map(({ text }) => text))
  const data = { ...aboutServer(app), key: JSON.stringify(name), ends: words.day(endsAt), rights }
  sendToPerson(app, user, 'key', renderMail(words, 'key-created', data))
}

const bulleted = (phrases: readonly string[]): string => phrases.map((text) => `- ${text}`).join('\n')

/** @param mailbox one more, whether or not the person has proved to read it. */
function sendToPerson (
  { mail }: Sender,
  user: User | undefined,
  purpose: 'requested' | 'notice' | 'app' | 'key',
  message: MailText,
  mailbox?: string
): void {
  const to = new Set([...(mailbox === undefined ? [] : [mailbox]), ...(user ? verifiedAddresses(user) : [])])
  for (const each of to) mail.send({ to: each, purpose, ...message })
}
