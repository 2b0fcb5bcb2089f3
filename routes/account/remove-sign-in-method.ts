// Removing a way to sign in, with every session and app that came through it. It needs fresh proof, the last way stays,
// and the owner is told (OWASP ASVS 6.3.7).
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { invalidRequest } from '../../errors.ts'
import { paths } from '../../paths.ts'
import { sendWaysRemoved } from '../../plugins/accounts/messages.ts'
import { formParameters, queryParameters } from '../../plugins/oauth/parameters.ts'
import type { LinkedIdentity, User } from '../../plugins/sign-in/contract.ts'
import { keyOf } from '../../plugins/accounts/identities.ts'
import { describeIdentity } from './describe.ts'
import { checkForm, signInFirst } from './guard.ts'
import { askForProof } from './reauthenticate.ts'

/** After ways were removed: written down, and the owner is told. @param user as they were before. */
export function tellOfRemovedWays (
  app: FastifyInstance,
  request: FastifyRequest,
  user: User,
  removed: LinkedIdentity[]
): void {
  for (const { backend } of removed) { app.audit.record(request, 'account_changed', { user: user.id, backend, reason: 'way removed' }) }
  if (removed.length > 0) {
    sendWaysRemoved(
      app,
      user,
      removed.map((identity) => describeIdentity(identity, app.signIn.backends))
    )
  }
}

export default async function removeWay (app: FastifyInstance) {
  /**
   * The identity that a page or a form names: one of the person's own.
   * @throws invalid_request for any other, and for the last one in use.
   */
  function findRemovable (user: User, key: string | undefined): LinkedIdentity {
    const found = user.identities.find((identity) => keyOf(identity) === key)
    if (!found) throw invalidRequest('This way to sign in does not, or no longer, lead to your account.')
    const isLast = !user.identities.some((identity) => identity !== found && app.signIn.backends.has(identity.backend))
    if (isLast) throw invalidRequest('This is the only way to sign in to your account. Add another one first.')
    return found
  }

  app.get(paths.accountUnlink, async (request, reply) => {
    const key = queryParameters(request).get('way')
    const user = await app.signIn.sessions.user(request)
    if (!user) return signInFirst(app, request, reply, paths.account)
    const identity = findRemovable(user, key)
    if (!(await app.signIn.methods.isFresh(request))) { return askForProof(app, request, reply, user, `${paths.accountUnlink}?way=${key!}`) }
    return reply.page('question', {
      title: 'Remove this way to sign in?',
      text: 'Nobody enters your account with it any more. Every other browser is signed out, and apps that were connected through it are disconnected.',
      subject: describeIdentity(identity, app.signIn.backends),
      fields: { token: app.signIn.forms.token(request), way: key! },
      answer: 'Remove it',
      instead: { label: 'Keep it', href: paths.account },
      actions: { answer: paths.accountUnlink }
    })
  })

  app.post(paths.accountUnlink, async (request, reply) => {
    const user = await checkForm(app, request)
    const key = formParameters(request).get('way')
    findRemovable(user, key)
    if (!(await app.signIn.methods.isFresh(request))) { return askForProof(app, request, reply, user, `${paths.accountUnlink}?way=${key!}`) }
    const removed = await app.signIn.methods.remove(request, (identity) => keyOf(identity) === key)
    await app.signIn.sessions.signOutOthers(request, reply, user.id)
    tellOfRemovedWays(app, request, user, removed)
    return reply.redirect(paths.account, 303)
  })
}
