// A forgotten password: a link by mail lets a new one be chosen. Neither the answer nor its time depends on whether
// there is an account (threat LG-14).
import type { FastifyInstance } from 'fastify'
import { formParameters } from '../plugins/oauth/parameters.ts'

const MAX_EMAIL_CHARACTERS = 254

export default async function password (app: FastifyInstance) {
  const { paths } = app
  const hasPasswords = [...app.signIn.backends.values()].some(({ accounts }) => accounts)
  const home = { label: 'Go to the home page', href: paths.home }

  // The person has no sign-in under way whose requests would be counted.
  app.addHook('onRequest', (request) => app.limits.attempt('authorization', request))

  app.get(paths.forgotPassword, async (_request, reply) => {
    if (app.mail.isOn && hasPasswords) return reply.page('forgot', { actions: { forgot: paths.forgotPassword } })
    return reply.page('message', {
      title: 'Forgot your password?',
      text: 'This server does not send mail. Ask the person who runs it for a link to choose a new password.',
      action: home
    })
  })

  app.post(paths.forgotPassword, async (request, reply) => {
    await app.limits.attempt('sign-in', request)
    app.accounts.forgotPassword(request, formParameters(request).need('email').slice(0, MAX_EMAIL_CHARACTERS))
    return reply.page('message', {
      title: 'Check your e-mail',
      text: 'If there is an account with this address, a message is on its way. The link in it works once, for 30 minutes.',
      detail:
        'Nothing there? Check the spam folder and the address you typed. An address gets at most one such message in ten minutes.',
      action: home
    })
  })
}
