// The link that a new address was sent: a page with one button, whose post changes the address. It is void once the
// account was changed since.
import type { FastifyInstance } from 'fastify'
import { linkPage } from '../../plugins/accounts/link-page.ts'

export default async function confirmEmailChange (app: FastifyInstance) {
  const { paths } = app
  linkPage(app, {
    path: paths.changeEmail,
    purpose: 'change',
    signInPath: paths.account,
    show: ({ secret, link }, reply) =>
      reply.page('confirm', {
        link: secret,
        email: link.email,
        replaces: link.account.email,
        actions: { confirm: paths.changeEmail }
      }),
    async use ({ link }, request, reply) {
      const change = { user: link.user!, account: link, to: link.email, verified: true }
      if (!(await app.accounts.changeAddress(request, reply, change))) return false
      const { text } = request.words
      await reply.page('message', {
        title: text('account.addressChanged'),
        text: text('account.addressChangedText', { email: link.email }),
        detail: [text('account.appsStay')],
        action: { label: text('account.toAccount'), href: paths.account }
      })
      return true
    }
  })
}
