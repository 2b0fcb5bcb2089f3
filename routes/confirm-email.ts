// The link of a new account: a page with one button, and the button's post, which spends the link.
import type { FastifyInstance } from 'fastify'
import { invalidRequest } from '../errors.ts'
import { paths } from '../paths.ts'
import { formParameters, queryParameters } from '../plugins/oauth/parameters.ts'

export default async function confirmEmail (app: FastifyInstance) {
  // Who comes here has no sign-in under way that would count them.
  app.addHook('onRequest', (request) => app.limits.attempt('authorization', request))

  app.get(paths.confirmEmail, async (request, reply) => {
    const secret = queryParameters(request).get('link')
    const link = await app.accountLinks.find('confirm', secret)
    if (!link) throw linkExpired()
    return reply.page('confirm', { link: secret!, email: link.email, actions: { confirm: paths.confirmEmail } })
  })

  app.post(paths.confirmEmail, async (request, reply) => {
    await app.limits.attempt('sign-in', request)
    const link = await app.accountLinks.find('confirm', formParameters(request).get('link'))
    if (!link || !(await link.accounts.confirm(link.account))) throw linkExpired()
    return reply.page('message', {
      title: 'Your address is confirmed',
      text: 'Sign in with the password you chose. If an app sent you here, go back to it and connect again.',
      action: { label: 'Sign in', href: paths.login }
    })
  })
}

const linkExpired = () =>
  invalidRequest(
    'This link was used, is older than 30 minutes, is not whole, or no longer counts because somebody signed up with this address again. The newest message counts; “Forgot your password?” on the sign-in page sends another, which confirms the address, too.'
  )
