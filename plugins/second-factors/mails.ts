// What people are told by mail about their second factors: to every verified address, in the words of the request.
// Tested in test/plugins/second-factors/lost.test.ts.
import type { FastifyInstance } from 'fastify'
import type { Words } from '../../languages/index.ts'
import { verifiedAddresses } from '../accounts/messages.ts'
import type { User } from '../sign-in/contract.ts'

type Sender = Pick<FastifyInstance, 'mail' | 'issuer' | 'identity'>

const about = ({ identity, issuer }: Sender) => ({ name: identity.name, server: issuer })

/** With the link that stops it. @param until seconds since the epoch. */
export function sendFactorsLost (app: Sender, words: Words, user: User, { link, until }: { link: string; until: number }): void {
  const subject = words.text('second-factors.mail-lost-subject')
  const text = words.text('second-factors.mail-lost', { ...about(app), link, until: words.minute(until) })
  for (const to of verifiedAddresses(user)) app.mail.send({ to, purpose: 'lost', subject, text, language: words.language })
}

/** After the waiting time. */
export function sendFactorsRemoved (app: Sender, words: Words, user: User): void {
  const subject = words.text('second-factors.mail-all-removed-subject')
  const text = words.text('second-factors.mail-all-removed', about(app))
  for (const to of verifiedAddresses(user)) app.mail.send({ to, purpose: 'notice', subject, text, language: words.language })
}
