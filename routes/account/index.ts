// The account page: who is signed in, the apps they connected and how each was used, and recent activity; with the
// buttons that end an app, every session, or the account.
// This room owns the pages of a signed-in person; what they change is done by plugins/accounts.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Config } from '../../config/index.ts'
import { invalidRequest } from '../../errors.ts'
import { principalOfUser } from '../../plugins/access-rules/principal.ts'
import { turnTakerOf } from '../../plugins/caller-turns.ts'
import { toDisplayName } from '../../plugins/display-name.ts'
import { createTurnsOf, mapInTurns } from '../../plugins/in-turns.ts'
import { formParameters, queryParameters } from '../../plugins/oauth/parameters.ts'
import { ofGrant } from '../../plugins/observability/audit/index.ts'
import { findNotice, withNotice } from '../../plugins/pages/notices.ts'
import type { PageData } from '../../plugins/pages/page-data.ts'
import { scoped } from '../../plugins/scoped.ts'
import type { Visitor } from '../../plugins/sign-in/sessions.ts'
import { usableOnPage } from '../../plugins/upstreams/usable.ts'
import accessKeys from './access-keys.ts'
import addSignInMethod from './add-sign-in-method.ts'
import deleteAccount from './delete.ts'
import { describeApp, describeEnd, describeMethods, describeOthers, describeOwn, describePerson } from './describe.ts'
import { describeKey } from './describe-keys.ts'
import { describeEvent } from './describe-event.ts'
import downloads from './downloads.ts'
import confirmEmailChange from './email-change-confirm.ts'
import changeEmail from './email.ts'
import { checkForm, signInFirst } from './guard.ts'
import noteList, { describeNotes } from './notes.ts'
import { findLocalAccounts } from './password-account.ts'
import changePassword from './password.ts'
import reauthenticate from './reauthenticate.ts'
import removeSignInMethod from './remove-sign-in-method.ts'
import secondFactors from './second-factors/index.ts'
import { summarizeFactors } from './second-factors/summary.ts'
import signOutEverywhere from './sign-out-everywhere.ts'

/** Events on the page; the download has all that are stored. */
const EVENTS_SHOWN = 20

export default async function account (app: FastifyInstance, options: Pick<Config, 'publicUrl' | 'mcpUrl' | 'allowedEmails'>) {
  const { paths } = app
  for (const routes of [
    deleteAccount, changePassword, confirmEmailChange, reauthenticate, addSignInMethod, removeSignInMethod,
    signOutEverywhere, downloads, noteList, secondFactors
  ]) await app.register(scoped(routes))
  await app.register(scoped(changeEmail), options)
  await app.register(scoped(accessKeys), options)

  app.get(paths.account, async (request, reply) => {
    const visitor = await app.signIn.sessions.current(request)
    if (!visitor) return signInFirst(app, request, reply, paths.account)
    const notice = findNotice(app, visitor.user.id, queryParameters(request).get('notice'))
    return reply.page('account', {
      ...(await describeAccount(app, request, visitor)),
      ...(notice && { notice: request.words.say(notice) })
    })
  })

  app.post(paths.accountRevoke, async (request, reply) => {
    const user = await checkForm(app, request)
    // Only from the person's own list: an id from a form is not a right.
    const grant = (await app.grants.listByUser(user.id)).find(({ id }) => id === formParameters(request).get('app'))
    if (!grant) throw invalidRequest({ key: 'account.appGone' })
    await app.grants.revoke(grant.id)
    app.audit.record(request, 'revocation', ofGrant(grant))
    const name = toDisplayName(grant.clientName, request.words.text('account.unnamedApp'))
    return reply.redirect(withNotice(app, paths.account, user.id, { key: 'account.disconnected', values: { app: name } }), 303)
  })
}

async function describeAccount (
  app: FastifyInstance,
  request: FastifyRequest,
  { user, backend }: Visitor
): Promise<PageData['account']> {
  const { paths } = app
  const { words } = request
  const { backends } = app.signIn
  const [grants, keys, events, own, notes] = await Promise.all([
    app.grants.listByUser(user.id),
    app.accessKeys.listByUser(user.id),
    app.audit.ofUser(user.id, EVENTS_SHOWN),
    findLocalAccounts(app, user),
    describeNotes(app, words, user)
  ])
  const usable = usableOnPage(app.upstreams, createTurnsOf(() => app.callerTurns.next(user.id)))
  const apps = await mapInTurns(grants, async (grant) => {
    const verified = grant.code && app.clients.verified(grant.clientId, grant.code.redirectUri)
    const rights = app.accessRules.rightsOf(principalOfUser(app.userStore.describe(user)), grant.without)
    const upstreams = await usable(rights, grant.scopes)
    return describeApp(words, grant, verified, await app.usage.ofGrant(grant.id), upstreams)
  }, () => app.callerTurns.next(turnTakerOf(request)))
  const counts = { apps: grants.length, keys: keys.length }
  return {
    user: describePerson(user),
    ...describeEnd(words, user),
    ...describeMethods(words, user, backends, paths.accountUnlink),
    own: own.map((account) => describeOwn(account, paths)),
    apps,
    notes,
    keys: keys.map((key) => describeKey(words, key)),
    factors: await summarizeFactors(app, user.id),
    events: events.map((event) => describeEvent(words, event)),
    asks: describeOthers(words, user, counts, (identity) => identity.backend === backend, backends),
    token: app.signIn.forms.token(request),
    actions: {
      ...(app.administration.isOwner(user) && { admin: paths.admin }),
      revoke: paths.accountRevoke,
      createKey: paths.accountKeys,
      revokeKey: paths.accountKeyRevoke,
      keyList: paths.accountKeyList,
      logout: paths.logout,
      signOutEverywhere: paths.accountSignOut,
      link: paths.accountLink,
      remove: paths.accountDelete,
      activity: paths.accountActivity,
      notes: paths.accountNotes,
      noteList: paths.accountNoteList,
      home: paths.home
    }
  }
}
