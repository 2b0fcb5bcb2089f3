// Removing a sign-in method, with every session and app that came through it. It needs fresh proof, the last method
// stays, and the owner is notified (OWASP ASVS 6.3.7).
import type { FastifyInstance } from 'fastify'
import { invalidRequest } from '../../errors.ts'
import { keyOf } from '../../plugins/accounts/identities.ts'
import { describeIdentity, noteRemovedMethods } from '../../plugins/accounts/removed-methods.ts'
import { formParameters, queryParameters } from '../../plugins/oauth/parameters.ts'
import { withNotice } from '../../plugins/pages/notices.ts'
import type { LinkedIdentity, User } from '../../plugins/sign-in/contract.ts'
import { checkForm, signInFirst } from './guard.ts'
import { askForProof } from './reauthenticate.ts'

export default async function removeSignInMethod (app: FastifyInstance) {
  const { paths } = app
  const pageOf = (key: string): string => `${paths.accountUnlink}?way=${key}`
  const { backends, forms, methods, sessions } = app.signIn

  /**
   * The identity that a page or a form names: one of the person's own.
   * @throws invalid_request for any other, and for the last one in use.
   */
  function needRemovable (user: User, key: string | undefined): LinkedIdentity {
    const found = user.identities.find((identity) => keyOf(identity) === key)
    if (!found) throw invalidRequest({ key: 'account.methodGone' })
    const isLast = !user.identities.some((identity) => identity !== found && backends.has(identity.backend))
    if (isLast) throw invalidRequest({ key: 'account.onlyMethod' })
    return found
  }

  app.get(paths.accountUnlink, async (request, reply) => {
    const key = queryParameters(request).get('way')
    const user = await sessions.user(request)
    if (!user) return signInFirst(app, request, reply, paths.account)
    const identity = needRemovable(user, key)
    if (!(await methods.isFresh(request))) return askForProof(app, request, reply, user, pageOf(key!))
    const { text } = request.words
    return reply.page('question', {
      title: text('account.removeTitle'),
      text: text('account.removeText'),
      subject: describeIdentity(request.words, identity, backends),
      fields: { token: forms.token(request), way: key! },
      answer: text('account.remove'),
      instead: { label: text('common.cancel'), href: paths.account },
      actions: { answer: paths.accountUnlink }
    })
  })

  app.post(paths.accountUnlink, async (request, reply) => {
    const user = await checkForm(app, request)
    const key = formParameters(request).get('way')
    const identity = needRemovable(user, key)
    if (!(await methods.isFresh(request))) return askForProof(app, request, reply, user, pageOf(key!))
    const removed = await methods.remove(request, (identity) => keyOf(identity) === key)
    noteRemovedMethods(app, request, user, removed)
    await sessions.signOutOthers(request, reply, user.id, removed.length > 0 ? 1 : 0)
    const method = describeIdentity(request.words, identity, backends)
    return reply.redirect(withNotice(app, paths.account, user.id, { key: 'account.removed', values: { method } }), 303)
  })
}
