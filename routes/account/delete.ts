// Deleting one's own account: a page that asks, and a form that must confirm it.
import type { FastifyInstance } from 'fastify'
import { invalidRequest } from '../../errors.ts'
import { formParameters } from '../../plugins/oauth/parameters.ts'
import { describePerson } from './describe.ts'
import { checkForm, signInFirst } from './guard.ts'
import { askForProof } from './reauthenticate.ts'

export default async function deleteAccount (app: FastifyInstance) {
  const { paths } = app
  const { forms, lifecycle, methods, sessions } = app.signIn

  app.get(paths.accountDelete, async (request, reply) => {
    const user = await sessions.user(request)
    if (!user) return signInFirst(app, request, reply, paths.accountDelete)
    if (!(await methods.isFresh(request))) return askForProof(app, request, reply, user, paths.accountDelete)
    return reply.page('delete', {
      user: describePerson(user),
      token: forms.token(request),
      actions: { remove: paths.accountDelete, account: paths.account }
    })
  })

  app.post(paths.accountDelete, async (request, reply) => {
    const user = await checkForm(app, request)
    if (formParameters(request).get('confirm') !== 'delete') {
      throw invalidRequest({ key: 'account.deleteUnconfirmed' })
    }
    if (!(await methods.isFresh(request))) return askForProof(app, request, reply, user, paths.accountDelete)
    await lifecycle.delete(user.id)
    await sessions.signOut(request, reply)
    // Without the person: what was theirs is gone.
    app.audit.record(request, 'account_deleted', { backend: user.backend })
    const { text } = request.words
    return reply.page('message', {
      title: text('account.deleted'),
      text: text('account.deletedText'),
      action: { label: text('common.home'), href: paths.home }
    })
  })
}
