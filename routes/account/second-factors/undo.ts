// The link in the mail about the first second factor of an account: whoever reads the mailbox says that it was not them,
// signed in or not (threat SF-15). Programs that read the links in mail press no button.
import type { FastifyInstance } from 'fastify'
import { invalidRequest } from '../../../errors.ts'
import { findOwnAccount } from '../../../plugins/accounts/own-account.ts'
import { formParameters, queryParameters } from '../../../plugins/oauth/parameters.ts'

const voidLink = () => invalidRequest({ key: 'second-factors.undo-void' })

export default async function undoFactors (app: FastifyInstance) {
  const { paths, secondFactors } = app

  // Nobody needs to be signed in here.
  app.addHook('onRequest', (request) => app.limits.attempt('authorization', request))

  app.get(paths.undoFactors, async (request, reply) => {
    const { text } = request.words
    const link = queryParameters(request).need('link')
    if ((await secondFactors.first.findOwner(link)) === undefined) throw voidLink()
    return reply.page('question', {
      title: text('second-factors.undo-title'),
      text: text('second-factors.undo-text'),
      fields: { link },
      answer: text('second-factors.undo-answer'),
      instead: { label: text('second-factors.undo-not'), href: paths.account },
      actions: { answer: paths.undoFactors }
    })
  })

  app.post(paths.undoFactors, async (request, reply) => {
    const { text } = request.words
    const user = await secondFactors.first.undo(request, formParameters(request).need('link'))
    if (!user) throw voidLink()
    const hasPassword = await findOwnAccount(app.signIn.backends, user)
    return reply.page('message', {
      title: text('second-factors.undone-title'),
      text: text('second-factors.undone-text'),
      action: hasPassword
        ? { label: text('second-factors.undone-action'), href: paths.forgotPassword }
        : { label: text('second-factors.kept-action'), href: paths.account }
    })
  })
}
