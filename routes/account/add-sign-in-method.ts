// One more sign-in method: the person signs in with it, is shown whose it is, and confirms. It needs fresh proof, and
// the owner is notified (OWASP ASVS 6.3.7).
import type { FastifyInstance } from 'fastify'
import { invalidRequest } from '../../errors.ts'
import { sendSignInMethodAdded } from '../../plugins/accounts/messages.ts'
import { describeIdentity } from '../../plugins/accounts/removed-methods.ts'
import { formParameters, queryParameters } from '../../plugins/oauth/parameters.ts'
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
    return reply.page('question', {
      title: 'Add a sign-in method',
      text: 'Next, sign in with the new method. You then see which account it belongs to, and decide whether to add it.',
      fields: { token: forms.token(request) },
      answer: 'Continue',
      instead: { label: 'Cancel', href: paths.account },
      actions: { answer: paths.accountLink }
    })
  })

  app.post(paths.accountLink, async (request, reply) => {
    const user = await checkForm(app, request)
    if (!describeMethods(user, backends, paths.accountUnlink).canAddMethod) {
      throw invalidRequest('There is no other sign-in method that can be added to this account.')
    }
    if (!(await methods.isFresh(request))) return askForProof(app, request, reply, user, paths.accountLink)
    return reply.redirect(signInPages.login(await methods.beginAddition(request, reply, paths.account)), 303)
  })

  app.get(paths.accountLinkAdd, async (request, reply) => {
    const handle = queryParameters(request).get('interaction')
    const { backend, identity, user } = await methods.findAddition(request, handle)
    return reply.page('question', {
      title: 'Add this sign-in method?',
      text: `Anyone who signs in with it can then enter your account, as if they knew your password. You are ${user.name ?? user.email ?? 'signed in'}.`,
      subject: describeIdentity({ backend, ...identity }, backends),
      fields: { token: forms.token(request), interaction: handle! },
      answer: 'Yes, it is mine: add it',
      instead: { label: 'Cancel', href: paths.account },
      actions: { answer: paths.accountLinkAdd }
    })
  })

  app.post(paths.accountLinkAdd, async (request, reply) => {
    await checkForm(app, request)
    const { backend, user } = await methods.add(request, formParameters(request).get('interaction'))
    if (!user) {
      throw invalidRequest('This sign-in method belongs to another account here, so it cannot be added to yours.')
    }
    app.audit.record(request, 'account_changed', { user: user.id, backend, reason: 'way added' })
    sendSignInMethodAdded(app, request.words, user, request.words.say(backends.get(backend)?.title ?? backend))
    return reply.redirect(paths.account, 303)
  })
}
