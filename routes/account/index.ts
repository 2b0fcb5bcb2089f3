// The account page: who is signed in, the apps they connected and how each was used, what happened lately; and the buttons that end an app, every session, or the account.
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config.ts'
import { invalidRequest } from '../../errors.ts'
import { paths, withInteraction } from '../../paths.ts'
import { ofGrant } from '../../plugins/audit/index.ts'
import { formParameters } from '../../plugins/parameters.ts'
import changeEmail from './email.ts'
import emailLink from './email-link.ts'
import changePassword from './password.ts'
import deleteAccount from './delete.ts'
import { describeApp, describeEnd, describeEvent, describeOwn, describePerson, describeWays } from './describe.ts'
import { keptAccounts } from './own.ts'
import { checkForm, signInFirst } from './person.ts'

/** Events on the page; the download has all that are kept. */
const EVENTS_SHOWN = 20
const EVENTS_KEPT = 1_000

export default async function account (app: FastifyInstance, options: Pick<Config, 'publicUrl' | 'allowedEmails'>) {
  await app.register(deleteAccount)
  await app.register(changePassword, options)
  await app.register(changeEmail, options)
  await app.register(emailLink)

  app.get(paths.account, async (request, reply) => {
    const user = await app.signIn.user(request)
    if (!user) return signInFirst(app, request, reply, paths.account)
    const [grants, events, own] = await Promise.all([app.grants.listByUser(user.id), app.audit.ofUser(user.id, EVENTS_SHOWN), keptAccounts(app, user)])
    return reply.page('account', {
      user: describePerson(user),
      ...describeEnd(user),
      ...describeWays(user, app.signIn.backends),
      own: own.map(describeOwn),
      apps: await Promise.all(grants.map(async (grant) => describeApp(grant, app.clients.verified(grant.clientId, grant.code.redirectUri), await app.usage.ofGrant(grant.id)))),
      events: events.map(describeEvent),
      token: app.signIn.formToken(request),
      actions: { revoke: paths.accountRevoke, logout: paths.logout, signOutEverywhere: paths.accountSignOut, link: paths.accountLink, remove: paths.accountDelete, activity: paths.accountActivity, notes: paths.accountNotes, home: paths.home }
    })
  })

  app.post(paths.accountLink, async (request, reply) => {
    const user = await checkForm(app, request)
    if (!describeWays(user, app.signIn.backends).canAddWay) throw invalidRequest('There is no other way to sign in that could be added to this account.')
    return reply.redirect(withInteraction(paths.login, await app.signIn.resume(request, reply, { kind: 'link', userId: user.id, path: paths.account })), 303)
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
    await app.signIn.people.signOutEverywhere(user.id)
    await app.signIn.leave(request, reply)
    app.audit.record(request, 'sign_out_everywhere', { user: user.id })
    return reply.page('message', {
      title: 'You are signed out everywhere',
      text: 'No browser is signed in to your account any more. Apps you connected stay connected; the account page ends them one by one.',
      action: { label: 'Sign in again', href: paths.account }
    })
  })

  app.get(paths.accountNotes, async (request, reply) => {
    const user = await app.signIn.user(request)
    if (!user) return signInFirst(app, request, reply, paths.accountNotes)
    return reply.header('content-disposition', 'attachment; filename="notes.json"').send(await app.notes.exportOf(user.id))
  })

  app.get(paths.accountActivity, async (request, reply) => {
    const user = await app.signIn.user(request)
    if (!user) return signInFirst(app, request, reply, paths.accountActivity)
    const events = await app.audit.ofUser(user.id, EVENTS_KEPT)
    return reply.header('content-type', 'application/jsonl; charset=utf-8').header('content-disposition', 'attachment; filename="activity.jsonl"')
      .send(events.reverse().map((event) => `${JSON.stringify(event)}\n`).join(''))
  })
}
