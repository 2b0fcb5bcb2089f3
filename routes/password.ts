// A forgotten password: a link by mail lets a new one be chosen. Neither the answer nor its time depends on whether
// there is an account (threat LG-14).
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { formParameters } from '../plugins/oauth/parameters.ts'

const MAX_EMAIL_CHARACTERS = 254

export default async function password (app: FastifyInstance) {
  const { paths } = app
  const hasPasswords = [...app.signIn.backends.values()].some(({ accounts }) => accounts)
  const goHome = ({ words }: FastifyRequest) => ({ label: words.text('common.home'), href: paths.home })

  // The person has no sign-in under way whose requests would be counted.
  app.addHook('onRequest', (request) => app.limits.attempt('authorization', request))

  app.get(paths.forgotPassword, async (request, reply) => {
    if (app.mail.isOn && hasPasswords) return reply.page('forgot', { actions: { forgot: paths.forgotPassword } })
    return reply.page('message', {
      title: request.words.text('sign-up.forgotTitle'),
      text: request.words.text('sign-up.noMail'),
      action: goHome(request)
    })
  })

  app.post(paths.forgotPassword, async (request, reply) => {
    await app.limits.attempt('sign-in', request)
    app.accounts.forgotPassword(request, formParameters(request).need('email').slice(0, MAX_EMAIL_CHARACTERS))
    return reply.page('message', {
      title: request.words.text('sign-up.checkTitle'),
      text: request.words.text('sign-up.linkSent'),
      detail: request.words.text('sign-up.linkSentHint'),
      action: goHome(request)
    })
  })
}
