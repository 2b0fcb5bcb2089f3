// The account page: who is signed in, the apps they connected and how each was used, what happened lately; and the
// buttons that end an app, every session, or the account.
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config/index.ts'
import { invalidRequest } from '../../errors.ts'
import { paths } from '../../paths.ts'
import { ofGrant } from '../../plugins/observability/audit/index.ts'
import { formParameters } from '../../plugins/oauth/parameters.ts'
import changeEmail from './email.ts'
import emailLink from './email-change-confirm.ts'
import changePassword from './password.ts'
import deleteAccount from './delete.ts'
import {
  describeApp,
  describeEnd,
  describeEvent,
  describeOthers,
  describeOwn,
  describePerson,
  describeWays
} from './describe.ts'
import { localAccountsOf } from './password-account.ts'
import { checkForm, signInFirst } from './guard.ts'
import prove, { askForProof } from './reauthenticate.ts'
import addWay from './add-sign-in-method.ts'
import downloads from './downloads.ts'
import removeWay, { tellOfRemovedWays } from './remove-sign-in-method.ts'

/** Events on the page; the download has all that are kept. */
const EVENTS_SHOWN = 20

export default async function account (app: FastifyInstance, options: Pick<Config, 'publicUrl' | 'allowedEmails'>) {
  await app.register(deleteAccount)
  await app.register(changePassword, options)
  await app.register(changeEmail, options)
  await app.register(emailLink)
  await app.register(prove)
  await app.register(addWay)
  await app.register(removeWay)
  await app.register(downloads)

  app.get(paths.account, async (request, reply) => {
    const visitor = await app.signIn.sessions.current(request)
    if (!visitor) return signInFirst(app, request, reply, paths.account)
    const { user } = visitor
    const [grants, events, own] = await Promise.all([
      app.grants.listByUser(user.id),
      app.audit.ofUser(user.id, EVENTS_SHOWN),
      localAccountsOf(app, user)
    ])
    return reply.page('account', {
      user: describePerson(user),
      ...describeEnd(user),
      ...describeWays(user, app.signIn.backends),
      own: own.map(describeOwn),
      apps: await Promise.all(
        grants.map(async (grant) =>
          describeApp(
            grant,
            app.clients.verified(grant.clientId, grant.code.redirectUri),
            await app.usage.ofGrant(grant.id)
          )
        )
      ),
      events: events.map(describeEvent),
      asks: describeOthers(user, grants.length, ({ backend }) => backend === visitor.backend, app.signIn.backends),
      token: app.signIn.forms.token(request),
      actions: {
        revoke: paths.accountRevoke,
        logout: paths.logout,
        signOutEverywhere: paths.accountSignOut,
        link: paths.accountLink,
        remove: paths.accountDelete,
        activity: paths.accountActivity,
        notes: paths.accountNotes,
        home: paths.home
      }
    })
  })

  app.post(paths.accountRevoke, async (request, reply) => {
    const user = await checkForm(app, request)
    // Only from the person's own list: an id from a form is not a right.
    const grant = (await app.grants.listByUser(user.id)).find(({ id }) => id === formParameters(request).get('app'))
    if (!grant) throw invalidRequest('This app is not, or no longer, connected to your account.')
    await app.grants.revoke(grant.id)
    app.audit.record(request, 'revocation', ofGrant(grant))
    return reply.redirect(paths.account, 303)
  })

  app.post(paths.accountSignOut, async (request, reply) => {
    const user = await checkForm(app, request)
    const form = formParameters(request)
    const endsApps = form.get('apps') === 'end'
    const removesWays = form.get('ways') === 'remove'
    if (removesWays && !(await app.signIn.methods.isFresh(request))) { return askForProof(app, request, reply, user, paths.account) }
    const backend = (await app.signIn.sessions.current(request))?.backend
    const removed = removesWays
      ? await app.signIn.methods.remove(request, (identity) => identity.backend !== backend)
      : []
    await app.signIn.lifecycle.signOutEverywhere(user.id)
    if (endsApps) await app.signIn.lifecycle.disconnectApps(user.id)
    await app.signIn.sessions.signOut(request, reply)
    app.audit.record(request, 'sign_out_everywhere', { user: user.id, backend: user.backend })
    tellOfRemovedWays(app, request, user, removed)
    return reply.page('message', {
      title: 'You are signed out everywhere',
      text: `No browser is signed in to your account any more. ${endsApps ? 'The apps that were connected are disconnected.' : 'Apps you connected stay connected; the account page ends them one by one.'}`,
      ...(removed.length > 0 && { detail: 'Other ways to sign in to the account are removed.' }),
      action: { label: 'Sign in again', href: paths.account }
    })
  })
}
