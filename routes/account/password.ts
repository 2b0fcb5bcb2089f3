// Changing one's own password: the current one is asked for, the new one follows the rules of sign-up, and every other
// browser is signed out (OWASP ASVS 6.2.3, 7.4.3).
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { sendPasswordChanged } from '../../plugins/accounts/messages.ts'
import { formParameters, queryParameters, type Parameters } from '../../plugins/oauth/parameters.ts'
import type { PageData } from '../../plugins/pages/page-data.ts'
import type { IdentityKey, LinkedIdentity, User } from '../../plugins/sign-in/contract.ts'
import { describeOthers } from './describe.ts'
import { checkForm, signInFirst } from './guard.ts'
import { checkCurrentPassword, findLocalAccount, type LocalAccount } from './password-account.ts'
import { askForFactor, lacksFactor } from './second-factors/ask.ts'
import { describeAppsAfter } from '../../plugins/accounts/describe-apps.ts'
import { endKeys, type KeysAfter } from '../../plugins/accounts/end-keys.ts'
import { noteRemovedMethods } from '../../plugins/accounts/removed-methods.ts'

export default async function changePassword (app: FastifyInstance) {
  const { paths } = app
  const hasPasswords = [...app.signIn.backends.values()].some(({ accounts }) => accounts !== undefined)
  // Where no passwords are kept it is a 404, from which a password manager learns that. It
  // asks about the whole origin.
  if (hasPasswords && paths.home === '/') {
    app.get(paths.changePassword, (_request, reply) => reply.redirect(paths.accountPassword, 302))
  }
  app.get(paths.accountPassword, async (request, reply) => {
    const user = await app.signIn.sessions.user(request)
    if (!user) return signInFirst(app, request, reply, paths.accountPassword)
    if (await lacksFactor(app, request, user)) return askForFactor(app, request, reply, user, paths.accountPassword)
    const own = await findLocalAccount(app, user, queryParameters(request).get('backend'))
    return reply.page('password', await describe(app, request, user, own, app.signIn.forms.token(request)))
  })

  app.post(paths.accountPassword, async (request, reply) => {
    const user = await checkForm(app, request)
    if (await lacksFactor(app, request, user)) return askForFactor(app, request, reply, user, paths.accountPassword)
    const form = formParameters(request)
    const own = await findLocalAccount(app, user, form.get('backend'))
    const { accounts, account } = own
    const [current, next] = [form.need('present'), form.need('next')]
    const { text } = request.words
    const page = await describe(app, request, user, own, form.need('token'))
    const wrongPassword = () =>
      reply.page('password', { ...page, error: { field: 'current', message: text('account.wrongPassword') } }, 401)
    // Before the new password is looked at: its strength is work for the server.
    if (!(await checkCurrentPassword(app, request, user, own, current))) return wrongPassword()
    const problem = await accounts.passwordProblem(account.email, next)
    if (problem !== undefined) {
      return reply.page('password', { ...page, error: { field: 'next', message: request.words.say(problem) } }, 400)
    }
    return app.accounts.changingPassword(user.id, async () => {
      // One that came first has ended this session as well, as where somebody clicks twice.
      if (!(await app.signIn.sessions.user(request))) return signInFirst(app, request, reply, paths.accountPassword)
      // First: a fault of storage after the change would leave others signed in, and nobody would see it.
      const before = await endSessions(app, request, user, form)
      // Another change may have come first.
      const change = () => accounts.changePassword(account.subject, { present: current, next })
      if (!(await app.limits.passwordWork(request, change))) return wrongPassword()
      return endOthers(app, request, reply, user, own, form, before)
    })
  })
}

const isOf =
  ({ backend, account }: LocalAccount) =>
    (identity: IdentityKey): boolean =>
      identity.backend === backend && identity.subject === account.subject

async function describe (
  app: FastifyInstance,
  { words }: FastifyRequest,
  user: User,
  own: LocalAccount,
  token: string
): Promise<PageData['password']> {
  const { paths } = app
  const apps = (await app.grants.listByUser(user.id)).length
  const keys = (await app.accessKeys.listByUser(user.id)).length
  return {
    backend: own.backend,
    email: own.account.email,
    asks: describeOthers(words, user, { apps, keys }, isOf(own), app.signIn.backends),
    token,
    actions: { change: paths.accountPassword, account: paths.account, forgot: paths.forgotPassword }
  }
}

/** Ends every session, and the apps and keys that the person wants to end. @returns what became of the keys. */
async function endSessions (app: FastifyInstance, request: FastifyRequest, { id }: User, form: Parameters): Promise<KeysAfter | undefined> {
  const { lifecycle } = app.signIn
  await lifecycle.signOutEverywhere(id)
  if (form.get('apps') === 'end') await lifecycle.disconnectApps(id)
  return endKeys(app, request, id, form.get('keys') === 'end')
}

/**
 * After the change: ends what others may hold of the account, also what they got until then, and notifies the owner.
 */
async function endOthers (
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  user: User,
  own: LocalAccount,
  form: Parameters,
  before: KeysAfter | undefined
): Promise<FastifyReply> {
  const { paths } = app
  const { lifecycle, sessions } = app.signIn
  const endsApps = form.get('apps') === 'end'
  const isOther = (identity: LinkedIdentity) => !isOf(own)(identity)
  // First, so that no session of somebody else adds one after those that are there were removed.
  const after = await endSessions(app, request, user, form)
  const keys = before ?? after
  const removed = form.get('ways') === 'remove' ? await lifecycle.removeSignInMethods(user.id, isOther) : []
  app.audit.record(request, 'account_changed', { user: user.id, backend: own.backend, reason: 'password' })
  sendPasswordChanged(app, request.words, { user, mailbox: own.account.email }, app.accounts.urls.forgot)
  noteRemovedMethods(app, request, user, removed)
  await sessions.signOutOthers(request, reply, user.id, removed.length > 0 ? 3 : 2)
  const { text } = request.words
  return reply.page('message', {
    title: text('account.passwordChanged'),
    text: text('account.passwordChangedText'),
    detail: [describeAppsAfter(request.words, endsApps, keys), ...(removed.length > 0 ? [text('account.methodsRemoved')] : [])],
    action: { label: text('account.toAccount'), href: paths.account }
  })
}
