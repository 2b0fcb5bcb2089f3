// What people are told by mail about their second factors: to every verified address, in the words of the request.
// Tested in test/plugins/second-factors/lost.test.ts and test/routes/account/second-factors/app.test.ts.
import type { FastifyInstance } from 'fastify'
import type { Words } from '../../languages/index.ts'
import { verifiedAddresses } from '../accounts/user-record.ts'
import type { MailPurpose, Message } from '../mail/lanes.ts'
import { renderMail, type MailText } from '../mail/templates.ts'
import type { User } from '../sign-in/contract.ts'

type Sender = Pick<FastifyInstance, 'mail' | 'issuer' | 'identity'>

const about = ({ identity, issuer }: Sender) => ({ name: identity.name, server: issuer })

/**
 * With the link that stops it. @param until seconds since the epoch.
 * @param told called once each of their mailboxes has taken it; as {@link Message.delivered}.
 */
export function sendFactorsLost (
  app: Sender,
  words: Words,
  user: User,
  { link, until }: { link: string; until: number },
  told: () => Promise<void>
): void {
  let left = verifiedAddresses(user).length
  const delivered = async () => {
    left--
    if (left === 0) await told()
  }
  send(app, user, 'lost', renderMail(words, 'factors-lost', { ...about(app), link, until: words.minute(until) }), delivered)
}

/** After the waiting time. */
export const sendFactorsRemoved = (app: Sender, words: Words, user: User): void =>
  send(app, user, 'notice', renderMail(words, 'factors-removed', about(app)))

/** Where the operator or an owner did it. */
export const sendFactorsRemovedBy = (app: Sender, words: Words, user: User): void =>
  send(app, user, 'notice', renderMail(words, 'factors-removed-by', about(app)))

/** With the link that removes it, and all that come after it. @param factor what the person calls it. */
export const sendFirstFactor = (
  app: Sender,
  words: Words,
  user: User,
  purpose: MailPurpose,
  { factor, link }: { factor: string; link: string }
): void => send(app, user, purpose, renderMail(words, 'first-factor', { ...about(app), factor: JSON.stringify(factor), link }))

/** By that link. @param forgotUrl where a new password can be chosen. */
export const sendFactorsUndone = (app: Sender, words: Words, user: User, forgotUrl: string): void =>
  send(app, user, 'notice', renderMail(words, 'factors-undone', { ...about(app), forgotUrl }))

/** @param factor what the person calls it. */
export const sendFactorChanged = (
  app: Sender,
  words: Words,
  user: User,
  { change, factor }: { change: 'factor-added' | 'factor-removed'; factor: string }
): void => send(app, user, 'notice', renderMail(words, change, { ...about(app), factor: JSON.stringify(factor) }))

export const sendRecoveryCodesMade = (app: Sender, words: Words, user: User): void =>
  send(app, user, 'notice', renderMail(words, 'recovery-codes', about(app)))

function send (
  { mail }: Sender,
  user: User,
  purpose: MailPurpose,
  message: MailText,
  delivered?: Message['delivered']
): void {
  for (const to of verifiedAddresses(user)) mail.send({ to, purpose, ...message, ...(delivered && { delivered }) })
}
