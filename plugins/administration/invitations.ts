// Invites people: by mail where this server sends mail, otherwise by a link to hand over.
// Tested in test/plugins/administration/invitations.test.ts.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { parseEmail, type Email } from '../../auth-backends/contract.ts'
import type { Config } from '../../config/index.ts'
import { accessDenied, invalidRequest } from '../../errors.ts'
import { wordsOf } from '../../languages/index.ts'
import type { Invitation } from '../accounts/invitation.ts'
import { isAllowed } from '../accounts/user-record.ts'
import { audited } from './audited.ts'
import type { Actor, InvitationActions, Invited } from './contract.ts'
import { checkGroup } from './group-name.ts'
import { nameOfInviter } from './invited.ts'

const MAX_GROUPS = 20
/** RFC 5321 §4.5.3.1.3: no path is longer. */
const address = z.email().max(254)

interface Options extends Pick<Config, 'allowedEmails'> {
  invitationUrl(secret: string): string
}

export function createInvitationActions (app: FastifyInstance, options: Options): InvitationActions {
  const { invitations } = app.signIn
  const gone = () => invalidRequest({ key: 'invitations.gone' })

  async function handOver (invitation: Invitation, secret: string): Promise<Invited> {
    const link = options.invitationUrl(secret)
    if (!invitation.isMailed) return { invitation, link }
    const { text, language } = wordsOf(invitation.language)
    const by = await nameOfInviter(app, invitation.by)
    const values = { server: app.identity.name, url: app.issuer, link }
    app.mail.send({
      to: invitation.email!,
      purpose: 'invitation',
      language,
      subject: text('invitations.mailSubject'),
      text: by === undefined ? text('invitations.mail', values) : text('invitations.mailBy', { ...values, by })
    })
    return { invitation }
  }

  const audit = (actor: Actor, event: 'invitation_created' | 'invitation_withdrawn', { email }: Invitation) =>
    audited(app, actor, event, email === undefined ? {} : { account: app.audit.hash(email) })

  return {
    async invite (actor, { email, groups, language }) {
      const to = email === undefined ? undefined : checkAddress(email, options)
      if (groups.length > MAX_GROUPS) throw invalidRequest({ key: 'admin-people.tooManyGroups', values: { count: MAX_GROUPS } })
      for (const group of groups) checkGroup(group)
      const secret = await invitations.invite({
        ...(to !== undefined && { email: to, ...(app.mail.isOn && { isMailed: true as const }) }),
        groups: [...new Set(groups)],
        language,
        by: actor.by
      })
      const invitation = await invitations.find(secret)
      // Whoever lost their place meanwhile has made nothing that counts.
      if (!invitation) throw accessDenied({ key: 'problems.notOwner' })
      audit(actor, 'invitation_created', invitation)
      return handOver(invitation, secret)
    },
    async resendInvitation (actor, id) {
      const known = (await invitations.list()).find((one) => one.id === id)
      // Before the new link, which makes the one that was mailed void.
      if (known?.isMailed && !app.mail.isOn) throw invalidRequest({ key: 'invitations.noMail' })
      const secret = await invitations.renew(id, actor.by)
      const invitation = await invitations.find(secret)
      if (!invitation) throw gone()
      audit(actor, 'invitation_created', invitation)
      return handOver(invitation, secret!)
    },
    async withdrawInvitation (actor, id) {
      const invitation = await invitations.withdraw(id)
      if (!invitation) throw gone()
      audit(actor, 'invitation_withdrawn', invitation)
      return invitation
    }
  }
}

/** @throws invalid_request for what is no address, and for one that may not sign in. */
function checkAddress (text: string, { allowedEmails }: Options): Email {
  const email = parseEmail(text)
  if (!address.safeParse(email).success) throw invalidRequest({ key: 'invitations.noAddress' })
  if (!isAllowed(allowedEmails, { email })) throw invalidRequest({ key: 'invitations.notAllowed', values: { email } })
  return email
}
