// Changing one's own password: the present one is asked for, the new one is held to the rule of sign-up, and every
// other browser is signed out (OWASP ASVS 6.2.3, 7.4.3).
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config/index.ts'
import { paths } from '../../paths.ts'
import { sendPasswordChanged } from '../../plugins/accounts/messages.ts'
import type { PageData } from '../../plugins/pages/page-data.ts'
import { formParameters, queryParameters } from '../../plugins/oauth/parameters.ts'
import type { IdentityKey, User } from '../../plugins/sign-in/contract.ts'
import { describeOthers } from './describe.ts'
import { localAccountOf, withPassword, WRONG_PASSWORD, type LocalAccount } from './password-account.ts'
import { checkForm, signInFirst } from './guard.ts'
import { tellOfRemovedWays } from './remove-sign-in-method.ts'

export default async function changePassword (app: FastifyInstance, { publicUrl }: Pick<Config, 'publicUrl'>) {
  const isOwn =
    ({ backend, account }: LocalAccount) =>
      (identity: IdentityKey) =>
        identity.backend === backend && identity.subject === account.subject

  async function describe (user: User, kept: LocalAccount, token: string): Promise<PageData['password']> {
    const apps = (await app.grants.listByUser(user.id)).length
    return {
      backend: kept.backend,
      email: kept.account.email,
      asks: describeOthers(user, apps, isOwn(kept), app.signIn.backends),
      token,
      actions: { change: paths.accountPassword, account: paths.account, forgot: paths.forgotPassword }
    }
  }

  app.get(paths.accountPassword, async (request, reply) => {
    const user = await app.signIn.sessions.user(request)
    if (!user) return signInFirst(app, request, reply, paths.accountPassword)
    const kept = await localAccountOf(app, user, queryParameters(request).get('backend'))
    return reply.page('password', await describe(user, kept, app.signIn.forms.token(request)))
  })

  app.post(paths.accountPassword, async (request, reply) => {
    const user = await checkForm(app, request)
    const form = formParameters(request)
    const kept = await localAccountOf(app, user, form.get('backend'))
    const { backend, accounts, account } = kept
    const [present, next] = [form.need('present'), form.need('next')]
    const page = await describe(user, kept, form.need('token'))
    const wrongPassword = () =>
      reply.page('password', { ...page, error: { field: 'present', message: WRONG_PASSWORD } }, 401)
    // Counted and shown to be the person first: the estimate of the new password is work for the server.
    if (!(await withPassword(app, request, user, kept, () => accounts.checkPassword(account.subject, present)))) { return wrongPassword() }
    const problem = await accounts.passwordProblem(account.email, next)
    if (problem !== undefined) { return reply.page('password', { ...page, error: { field: 'next', message: problem } }, 400) }
    // Another change may have come first.
    if (!(await accounts.changePassword(account.subject, { present, next }))) return wrongPassword()
    const endsApps = form.get('apps') === 'end'
    const removed =
      form.get('ways') === 'remove'
        ? await app.signIn.lifecycle.removeSignInMethods(user.id, (identity) => !isOwn(kept)(identity))
        : []
    await app.signIn.sessions.signOutOthers(request, reply, user.id)
    if (endsApps) await app.signIn.lifecycle.disconnectApps(user.id)
    app.audit.record(request, 'account_changed', { user: user.id, backend, reason: 'password' })
    sendPasswordChanged(app, account.email, publicUrl + paths.forgotPassword)
    tellOfRemovedWays(app, request, user, removed)
    return reply.page('message', {
      title: 'Your password is changed',
      text: `Every other browser that was signed in to your account is signed out. ${endsApps ? 'The apps that were connected are disconnected.' : 'Apps you connected stay connected; the account page ends them.'}`,
      ...(removed.length > 0 && { detail: 'Other ways to sign in to the account are removed.' }),
      action: { label: 'To your account', href: paths.account }
    })
  })
}
