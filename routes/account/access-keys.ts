// Access keys on the account page: made after fresh proof and shown once, in the answer to the form; revoked with one
// button; listed without their secrets for the person to download.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../../config/index.ts'
import { accessDenied, invalidRequest } from '../../errors.ts'
import type { Words } from '../../languages/index.ts'
import { ofKey } from '../../plugins/access-keys/access.ts'
import { DEFAULT_DAYS, MAX_DAYS, type AccessKey } from '../../plugins/access-keys/contract.ts'
import { sendKeyCreated } from '../../plugins/accounts/messages.ts'
import { toDisplayName } from '../../plugins/display-name.ts'
import { formParameters, type Parameters } from '../../plugins/oauth/parameters.ts'
import { describeScopes } from '../../plugins/oauth/scopes.ts'
import { withNotice } from '../../plugins/pages/notices.ts'
import type { PageData } from '../../plugins/pages/page-data.ts'
import { SCOPES_OF, describeNewKey, listKey } from './describe-keys.ts'
import { checkForm, signInFirst } from './guard.ts'
import { askForProof } from './reauthenticate.ts'

type Options = Pick<Config, 'mcpUrl'>
const DAYS = /^\d{1,3}$/

export default async function accessKeys (app: FastifyInstance, { mcpUrl }: Options) {
  const { paths } = app
  const { methods, sessions } = app.signIn

  app.get(paths.accountKeys, async (request, reply) => {
    const user = await sessions.user(request)
    if (!user) return signInFirst(app, request, reply, paths.accountKeys)
    if (!(await methods.isFresh(request))) return askForProof(app, request, reply, user, paths.accountKeys)
    return reply.page('access-key', emptyForm(app, request))
  })

  app.post(paths.accountKeys, async (request, reply) => {
    const user = await checkForm(app, request)
    const form = formParameters(request)
    const asked = readForm(request.words, form)
    if ('error' in asked) return refuse(app, request, reply, form, asked.error)
    if (!(await methods.isFresh(request))) return askForProof(app, request, reply, user, paths.accountKeys)
    const { backend } = await needSession(app, request)
    const { key, secret } = await app.accessKeys.create({
      ...asked,
      userId: user.id,
      backend,
      // A lock, a new password or "sign out everywhere" first ends the sessions, then the keys
      // that it finds.
      isStillSignedIn: async () => (await sessions.current(request))?.user.id === user.id
    })
    app.audit.record(request, 'key_created', ofKey(key))
    sendKeyCreated(app, request.words, user, key)
    return reply.page('new-access-key', {
      ...describeNewKey(request.words, key),
      secret,
      url: mcpUrl,
      actions: { account: paths.account }
    })
  })

  app.post(paths.accountKeyRevoke, async (request, reply) => {
    const user = await checkForm(app, request)
    const id = formParameters(request).get('key')
    // Only from the person's own list: an id from a form is not a right.
    const key = (await app.accessKeys.listByUser(user.id)).find((own) => own.id === id)
    if (!key) throw invalidRequest({ key: 'account.keyGone' })
    await app.accessKeys.revoke(key.id)
    app.audit.record(request, 'key_revoked', ofKey(key))
    return reply.redirect(withNotice(app, paths.account, user.id, { key: 'account.revoked', values: { key: key.name } }), 303)
  })

  app.get(paths.accountKeyList, async (request, reply) => {
    const user = await sessions.user(request)
    if (!user) return signInFirst(app, request, reply, paths.accountKeyList)
    return reply
      .header('content-disposition', 'attachment; filename="access-keys.json"')
      .send({ keys: (await app.accessKeys.listByUser(user.id)).map(listKey) })
  })
}

async function needSession (app: FastifyInstance, request: FastifyRequest) {
  const visitor = await app.signIn.sessions.current(request)
  if (!visitor) throw accessDenied({ key: 'problems.notSignedIn' })
  return visitor
}

type FormError = NonNullable<PageData['access-key']['error']>

/** @returns what is asked for, or which field is wrong. */
function readForm ({ text }: Words, form: Parameters): Pick<AccessKey, 'name' | 'scopes'> & { days: number } | { error: FormError } {
  const name = toDisplayName(form.get('name') ?? '', '')
  if (name === '') return { error: { field: 'name', message: text('account.keyNameMissing') } }
  const days = DAYS.test(form.get('days') ?? '') ? Number(form.get('days')) : NaN
  if (!(days >= 1 && days <= MAX_DAYS)) {
    return { error: { field: 'days', message: text('account.keyDaysWrong', { max: MAX_DAYS }) } }
  }
  const scopes = SCOPES_OF[form.get('scope') === 'write' ? 'write' : 'read']
  return { name, scopes: [...scopes], days }
}

const refuse = (
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  form: Parameters,
  error: FormError
): Promise<FastifyReply> => {
  const typed = {
    name: toDisplayName(form.get('name') ?? '', ''),
    days: DAYS.test(form.get('days') ?? '') ? Number(form.get('days')) : DEFAULT_DAYS,
    mayWrite: form.get('scope') === 'write'
  }
  return reply.page('access-key', { ...emptyForm(app, request), ...typed, error }, 400)
}

function emptyForm (app: FastifyInstance, request: FastifyRequest): PageData['access-key'] {
  const { paths } = app
  const rights = describeScopes(request.words, SCOPES_OF.write).map(({ text }) => text)
  return {
    name: '',
    mayWrite: false,
    days: DEFAULT_DAYS,
    maxDays: MAX_DAYS,
    rights: { read: rights[0]!, write: rights[1]! },
    token: app.signIn.forms.token(request),
    actions: { create: paths.accountKeys, account: paths.account }
  }
}
