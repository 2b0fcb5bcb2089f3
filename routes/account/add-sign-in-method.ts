// One more way to sign in: the person signs in with it, is shown whose it is, and says that they want it. It needs
// fresh proof, and the owner is told (OWASP ASVS 6.3.7).
import type { FastifyInstance } from 'fastify'
import { invalidRequest } from '../../errors.ts'
import { paths, withInteraction } from '../../paths.ts'
import { sendWayAdded } from '../../plugins/accounts/messages.ts'
import { formParameters, queryParameters } from '../../plugins/oauth/parameters.ts'
import { describeIdentity, describeWays } from './describe.ts'
import { checkForm, signInFirst } from './guard.ts'
import { askForProof } from './reauthenticate.ts'

export default async function addWay (app: FastifyInstance) {
  const titleOf = (backend: string) => app.signIn.backends.get(backend)?.title ?? backend

  app.get(paths.accountLink, async (request, reply) => {
    const user = await app.signIn.sessions.user(request)
    if (!user) return signInFirst(app, request, reply, paths.accountLink)
    if (!(await app.signIn.methods.isFresh(request))) return askForProof(app, request, reply, user, paths.accountLink)
    return reply.page('question', {
      title: 'Add another way to sign in',
      text: 'Sign in with it next. Then this server shows whose it is, and asks before it becomes yours.',
      fields: { token: app.signIn.forms.token(request) },
      answer: 'Go on',
      instead: { label: 'Keep everything as it is', href: paths.account },
      actions: { answer: paths.accountLink }
    })
  })

  app.post(paths.accountLink, async (request, reply) => {
    const user = await checkForm(app, request)
    if (!describeWays(user, app.signIn.backends).canAddWay) { throw invalidRequest('There is no other way to sign in that could be added to this account.') }
    if (!(await app.signIn.methods.isFresh(request))) return askForProof(app, request, reply, user, paths.accountLink)
    return reply.redirect(
      withInteraction(paths.login, await app.signIn.methods.beginAddition(request, reply, paths.account)),
      303
    )
  })

  app.get(paths.accountLinkAdd, async (request, reply) => {
    const handle = queryParameters(request).get('interaction')
    const { backend, identity, user } = await app.signIn.methods.lookAtAddition(request, handle)
    return reply.page('question', {
      title: 'Add this way to sign in?',
      text: `Whoever signs in with it enters your account from then on, as if they knew your password. You are ${user.name ?? user.email ?? 'signed in'}.`,
      subject: describeIdentity({ backend, ...identity }, app.signIn.backends),
      fields: { token: app.signIn.forms.token(request), interaction: handle! },
      answer: 'Yes, it is mine: add it',
      instead: { label: 'Do not add it', href: paths.account },
      actions: { answer: paths.accountLinkAdd }
    })
  })

  app.post(paths.accountLinkAdd, async (request, reply) => {
    await checkForm(app, request)
    const { backend, user } = await app.signIn.methods.add(request, formParameters(request).get('interaction'))
    if (!user) { throw invalidRequest('This way to sign in belongs to another account here, so it cannot be added to yours.') }
    app.audit.record(request, 'account_changed', { user: user.id, backend, reason: 'way added' })
    sendWayAdded(app, user, titleOf(backend))
    return reply.redirect(paths.account, 303)
  })
}
