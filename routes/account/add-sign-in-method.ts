// One more sign-in method: the person signs in with it, is shown whose it is, and confirms. It needs fresh proof, and
// the owner is notified (OWASP ASVS 6.3.7).
import type { FastifyInstance } from 'fastify'
import { invalidRequest } from '../../errors.ts'
import { sendSignInMethodAdded } from '../../plugins/accounts/messages.ts'
import { describeIdentity, titleOf } from '../../plugins/accounts/removed-methods.ts'
import { displayName } from '../../plugins/accounts/user-record.ts'
import { formParameters, queryParameters } from '../../plugins/oauth/parameters.ts'
import { withNotice } from '../../plugins/pages/notices.ts'
import { describeMethods } from './describe.ts'
import { checkForm, signInFirst } from './guard.ts'
import { askForProof } from './reauthenticate.ts'

export default async function addSignInMethod (app: FastifyInstance) {
  const { paths, signInPages } = app
  const { backends, forms, methods, sessions } = app.signIn

  app.get(paths.accountLink, async (request, reply) => {
    const user = await sessions.user(request)
    if (!user) return signInFirst(app, request, reply, paths.accountLink)
    if (!(await methods.isFresh(request))) return askForProof(app, request, reply, user, paths.accountLink)
    const { text } = request.words
    return reply.page('question', {
      title: text('account.addMethod'),
      text: text('account.addMethodText'),
      fields: { token: forms.token(request) },
      answer: text('account.continue'),
      instead: { label: text('common.cancel'), href: paths.account },
      actions: { answer: paths.accountLink }
    })
  })

  app.post(paths.accountLink, async (request, reply) => {
    const user = await checkForm(app, request)
    if (!describeMethods(request.words, user, backends, paths.accountUnlink).canAddMethod) {
      throw invalidRequest({ key: 'account.noOtherMethod' })
    }
    if (!(await methods.isFresh(request))) return askForProof(app, request, reply, user, paths.accountLink)
    return reply.redirect(signInPages.login(await methods.beginAddition(request, reply, paths.account)), 303)
  })

  app.get(paths.accountLinkAdd, async (request, reply) => {
    const handle = queryParameters(request).get('interaction')
    const { backend, identity, user } = await methods.findAddition(request, handle)
    const { text } = request.words
    return reply.page('question', {
      title: text('account.addThisTitle'),
      text: text('account.addThisText', { name: displayName(user) }),
      subject: describeIdentity(request.words, { backend, ...identity }, backends),
      fields: { token: forms.token(request), interaction: handle! },
      answer: text('account.addThis'),
      instead: { label: text('common.cancel'), href: paths.account },
      actions: { answer: paths.accountLinkAdd }
    })
  })

  app.post(paths.accountLinkAdd, async (request, reply) => {
    await checkForm(app, request)
    const { backend, user } = await methods.add(request, formParameters(request).get('interaction'))
    if (!user) throw invalidRequest({ key: 'account.methodElsewhere' })
    app.audit.record(request, 'account_changed', { user: user.id, backend, reason: 'way added' })
    const method = titleOf(request.words, backend, backends)
    sendSignInMethodAdded(app, request.words, user, method)
    return reply.redirect(withNotice(app, paths.account, user.id, { key: 'account.added', values: { method } }), 303)
  })
}
