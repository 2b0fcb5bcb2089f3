// Deleting one's own account: a page that asks, and a form that must say it twice.
import type { FastifyInstance } from 'fastify'
import { invalidRequest } from '../../errors.ts'
import { paths } from '../../paths.ts'
import { formParameters } from '../../plugins/oauth/parameters.ts'
import { describePerson } from './describe.ts'
import { checkForm, signInFirst } from './guard.ts'
import { askForProof } from './reauthenticate.ts'

export default async function deleteAccount (app: FastifyInstance) {
  app.get(paths.accountDelete, async (request, reply) => {
    const user = await app.signIn.sessions.user(request)
    if (!user) return signInFirst(app, request, reply, paths.accountDelete)
    if (!(await app.signIn.methods.isFresh(request))) return askForProof(app, request, reply, user, paths.accountDelete)
    return reply.page('delete', {
      user: describePerson(user),
      token: app.signIn.forms.token(request),
      actions: { remove: paths.accountDelete, account: paths.account }
    })
  })

  app.post(paths.accountDelete, async (request, reply) => {
    const user = await checkForm(app, request)
    if (formParameters(request).get('confirm') !== 'delete') { throw invalidRequest('Tick the box to say that you mean it. Nothing was deleted.') }
    if (!(await app.signIn.methods.isFresh(request))) return askForProof(app, request, reply, user, paths.accountDelete)
    await app.signIn.lifecycle.delete(user.id)
    await app.signIn.sessions.signOut(request, reply)
    // Of whom is not said: what was theirs is gone.
    app.audit.record(request, 'account_deleted', { backend: user.backend })
    return reply.page('message', {
      title: 'Your account is deleted',
      text: 'Everything this server kept of you is gone, and the apps you connected can no longer use it. Remove the server in those apps as well.',
      action: { label: 'To the start page', href: paths.home }
    })
  })
}
