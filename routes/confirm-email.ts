// The link of a new account: a page with one button, whose post confirms the address.
import type { FastifyInstance } from 'fastify'
import { linkPage } from '../plugins/accounts/link-page.ts'

export default async function confirmEmail (app: FastifyInstance) {
  const { paths } = app
  linkPage(app, {
    path: paths.confirmEmail,
    purpose: 'confirm',
    signInPath: paths.account,
    show: ({ secret, link }, reply) =>
      reply.page('confirm', { link: secret, email: link.email, actions: { confirm: paths.confirmEmail } }),
    async use ({ link }, request, reply) {
      if (!(await link.accounts.confirm(link.account))) return undefined
      const { text } = request.words
      return reply.page('message', {
        title: text('account.confirmed'),
        text: text('account.confirmedText'),
        action: { label: text('common.signIn'), href: paths.login }
      })
    }
  })
}
