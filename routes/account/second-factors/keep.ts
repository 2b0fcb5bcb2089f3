// The link in the mail that says that second factors are about to be removed: whoever reads the mailbox stops it, signed in
// or not (threat SF-12).
import type { FastifyInstance } from 'fastify'
import { invalidRequest } from '../../../errors.ts'
import { formParameters, queryParameters } from '../../../plugins/oauth/parameters.ts'

export default async function keepFactors (app: FastifyInstance) {
  const { paths, secondFactors } = app

  // Nobody needs to be signed in here.
  app.addHook('onRequest', (request) => app.limits.attempt('authorization', request))

  app.get(paths.keepFactors, async (request, reply) => {
    const { text } = request.words
    return reply.page('question', {
      title: text('second-factors.keep-title'),
      text: text('second-factors.keep-text'),
      fields: { link: queryParameters(request).need('link') },
      answer: text('second-factors.keep-answer'),
      instead: { label: text('second-factors.keep-not'), href: paths.account },
      actions: { answer: paths.keepFactors }
    })
  })

  app.post(paths.keepFactors, async (request, reply) => {
    const { text } = request.words
    const user = await secondFactors.lost.stop(formParameters(request).need('link'))
    if (user === undefined) throw invalidRequest({ key: 'second-factors.keep-void' })
    app.audit.record(request, 'factor_removal_stopped', { user })
    return reply.page('message', {
      title: text('second-factors.kept-title'),
      text: text('second-factors.kept-text'),
      action: { label: text('second-factors.kept-action'), href: paths.account }
    })
  })
}
