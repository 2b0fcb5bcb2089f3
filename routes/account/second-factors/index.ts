// The second factors of a person: listed and named; added (passkey.ts, app.ts), removed, and given new recovery codes, each
// after fresh proof (proof.ts); kept, where somebody says that they are lost (keep.ts), and removed by whoever did not
// add the first (undo.ts).
// This room owns the pages; what they change is done by plugins/second-factors.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { invalidRequest } from '../../../errors.ts'
import type { Words } from '../../../languages/index.ts'
import { formParameters } from '../../../plugins/oauth/parameters.ts'
import type { FactorPageData } from '../../../plugins/pages/factor-page-data.ts'
import { scoped } from '../../../plugins/scoped.ts'
import { MAX_FACTORS, type Factor } from '../../../plugins/second-factors/contract.ts'
import { sendFactorChanged, sendRecoveryCodesMade } from '../../../plugins/second-factors/mails.ts'
import { checkForm, signInFirst } from '../guard.ts'
import addApp from './app.ts'
import keepFactors from './keep.ts'
import addPasskey from './passkey.ts'
import proveFactor, { needProof } from './proof.ts'
import undoFactors from './undo.ts'

export default async function secondFactors (app: FastifyInstance) {
  const { paths } = app
  for (const routes of [addPasskey, addApp, proveFactor, keepFactors, undoFactors]) await app.register(scoped(routes))

  app.get(paths.accountFactors, async (request, reply) => {
    const user = await app.signIn.sessions.user(request)
    if (!user) return signInFirst(app, request, reply, paths.accountFactors)
    return reply.page('second-factors', await describeAll(app, request, user.id))
  })

  app.post(paths.accountFactorName, async (request, reply) => {
    const user = await checkForm(app, request)
    const form = formParameters(request)
    const { id } = await findOwn(app, user.id, form.get('factor'))
    await app.secondFactors.rename(user.id, id, form.get('name') ?? '')
    return reply.redirect(paths.accountFactors, 303)
  })

  app.post(paths.accountFactorRemove, async (request, reply) => {
    const visitor = await needProof(app, request, reply, paths.accountFactors)
    if (!visitor) return reply
    const { user } = visitor
    const form = formParameters(request)
    const factor = await findOwn(app, user.id, form.get('factor'))
    if (form.get('confirm') !== 'remove') return askBeforeRemoval(app, request, reply, user.id, factor)
    // Whoever signed in with it elsewhere is signed out there: before as well, since storage may fail once it is removed.
    await app.signIn.lifecycle.signOutEverywhere(user.id)
    await app.secondFactors.remove(user.id, factor.id)
    app.audit.record(request, 'factor_removed', { user: user.id, reason: factor.kind })
    sendFactorChanged(app, request.words, user, { change: 'factor-removed', factor: factor.name })
    await app.signIn.sessions.signOutOthers(request, reply, user.id, 1)
    return reply.redirect(paths.accountFactors, 303)
  })

  app.post(paths.accountCodes, async (request, reply) => {
    const visitor = await needProof(app, request, reply, paths.accountFactors)
    if (!visitor) return reply
    const codes = await app.secondFactors.newRecoveryCodes(visitor.user.id)
    if (codes.length === 0) return reply.redirect(paths.accountFactors, 303)
    app.audit.record(request, 'account_changed', { user: visitor.user.id, reason: 'recovery codes' })
    sendRecoveryCodesMade(app, request.words, visitor.user)
    return reply.page('recovery-codes', { codes, actions: { next: paths.accountFactors } })
  })
}

/**
 * Only from the person's own list: an id from a form is not a right. @throws invalid_request
 */
async function findOwn (app: FastifyInstance, userId: string, id: string | undefined): Promise<Factor> {
  const factor = (await app.secondFactors.list(userId)).find((own) => own.id === id)
  if (!factor) throw invalidRequest({ key: 'second-factors.gone' })
  return factor
}

async function askBeforeRemoval (
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  userId: string,
  { id, name }: Factor
): Promise<FastifyReply> {
  const { paths } = app
  const { text } = request.words
  const isLast = (await app.secondFactors.list(userId)).length === 1
  return reply.page('question', {
    title: text('second-factors.remove-title', { name }),
    text: text(isLast ? 'second-factors.remove-last' : 'second-factors.remove-text'),
    fields: { token: app.signIn.forms.token(request), factor: id, confirm: 'remove' },
    answer: text('second-factors.remove'),
    instead: { label: text('second-factors.remove-keep'), href: paths.accountFactors },
    actions: { answer: paths.accountFactorRemove }
  })
}

async function describeAll (app: FastifyInstance, request: FastifyRequest, userId: string): Promise<FactorPageData['second-factors']> {
  const { paths, secondFactors } = app
  const factors = await secondFactors.list(userId)
  return {
    factors: factors.map((factor) => describe(request.words, factor)),
    codes: await secondFactors.recoveryCodesOf(userId),
    mayAdd: secondFactors.policy !== 'off' && factors.length < MAX_FACTORS,
    takesPasskeys: secondFactors.takesPasskeys,
    token: app.signIn.forms.token(request),
    actions: {
      passkey: paths.accountPasskey,
      app: paths.accountApp,
      codes: paths.accountCodes,
      rename: paths.accountFactorName,
      remove: paths.accountFactorRemove,
      account: paths.account
    }
  }
}

const describe = (words: Words, { id, kind, name, addedAt, lastUsedAt, isBackedUp, madeFor }: Factor) => ({
  id,
  kind,
  name,
  added: words.day(addedAt),
  ...(lastUsedAt !== undefined && { lastUsed: words.minute(lastUsedAt) }),
  ...(isBackedUp && { isBackedUp }),
  ...(madeFor !== undefined && { madeFor })
})
