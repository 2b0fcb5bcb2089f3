// The link that a new address was sent: a page with one button, and the button's post, which spends the link. It counts
// while everything is as it was when it was sent.
import type { FastifyInstance } from 'fastify'
import { invalidRequest } from '../../errors.ts'
import { paths } from '../../paths.ts'
import type { LiveLink } from '../../plugins/accounts/email-links.ts'
import { formParameters, queryParameters } from '../../plugins/oauth/parameters.ts'
import type { User } from '../../plugins/sign-in/contract.ts'
import { changeAddress } from './password-account.ts'

export default async function emailLink (app: FastifyInstance) {
  /** What a link asks for. @throws invalid_request for one that was used, or does not count any more. */
  async function readLink (secret: string | undefined): Promise<LiveLink & { user: User }> {
    const link = await app.accountLinks.find('change', secret)
    if (!link?.user) throw linkExpired()
    return { ...link, user: link.user }
  }

  app.get(paths.changeEmail, async (request, reply) => {
    await app.limits.attempt('authorization', request)
    const secret = queryParameters(request).get('link')
    const { account, email } = await readLink(secret)
    return reply.page('confirm', {
      link: secret!,
      email,
      replaces: account.email,
      actions: { confirm: paths.changeEmail }
    })
  })

  app.post(paths.changeEmail, async (request, reply) => {
    await app.limits.attempt('sign-in', request)
    const { user, email, ...kept } = await readLink(formParameters(request).get('link'))
    if (!(await changeAddress(app, request, reply, user, kept, { to: email, verified: true }))) throw linkExpired()
    return reply.page('message', {
      title: 'Your address is changed',
      text: `From now on you sign in with ${email}. Every other browser was signed out. Apps you connected stay connected.`,
      action: { label: 'To your account', href: paths.account }
    })
  })
}

const linkExpired = () =>
  invalidRequest(
    'This link was used, is older than 30 minutes, is not whole, or no longer counts because the account was changed since. Ask for a new one on the account page.'
  )
