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
    async use ({ link }, { words }, reply) {
      if (!(await link.accounts.confirm(link.account))) return false
      await reply.page('message', {
        title: words.text('sign-up.confirmedTitle'),
        text: words.text('sign-up.confirmed'),
        action: { label: words.text('common.signIn'), href: paths.login }
      })
      return true
    }
  })
}
