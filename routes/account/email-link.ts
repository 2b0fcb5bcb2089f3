// The link that a new address was sent: a page with one button, and the button's post, which spends the link. It counts while everything is as it was when it was sent.
import type { FastifyInstance } from 'fastify'
import { invalidRequest } from '../../errors.ts'
import { paths } from '../../paths.ts'
import { formParameters, queryParameters } from '../../plugins/parameters.ts'
import type { User } from '../../plugins/sign-in/contract.ts'
import { changeAddress, keptAccount, type Kept } from './own.ts'

export default async function emailLink (app: FastifyInstance) {
  /** What a link asks for. @throws invalid_request for one that was used, or does not count any more. */
  async function readLink (secret: string | undefined): Promise<{ user: User, kept: Kept, to: string }> {
    const link = await app.accountLinks.find('change', secret)
    const user = link && await app.signIn.people.findByIdentity(link)
    // Whoever found their account in other hands has chosen a new password or signed out everywhere since.
    if (!user || user.locked || (user.sessionEpoch ?? 0) !== link.while?.epoch) throw linkExpired()
    const kept = await keptAccount(app, user, link.backend)
    if (kept.account.subject !== link.subject || kept.account.email !== link.while.email) throw linkExpired()
    return { user, kept, to: link.email }
  }

  app.get(paths.changeEmail, async (request, reply) => {
    await app.limits.attempt('authorization', request)
    const secret = queryParameters(request).get('link')
    const { kept, to } = await readLink(secret)
    return reply.page('confirm', { link: secret!, email: to, replaces: kept.account.email, actions: { confirm: paths.changeEmail } })
  })

  app.post(paths.changeEmail, async (request, reply) => {
    await app.limits.attempt('sign-in', request)
    const secret = formParameters(request).get('link')
    const { user, kept, to } = await readLink(secret)
    if (!await app.accountLinks.take('change', secret) || !await changeAddress(app, request, user, kept, { to, verified: true })) throw linkExpired()
    return reply.page('message', { title: 'Your address is changed', text: `From now on you sign in with ${to}. Apps you connected stay connected.`, action: { label: 'To your account', href: paths.account } })
  })
}

const linkExpired = () => invalidRequest('This link was used, is older than 30 minutes, is not whole, or no longer counts because the account was changed since. Ask for a new one on the account page.')
