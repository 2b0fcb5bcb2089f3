// What is dangerous to do with a person: a page asks first, and fresh proof of who the owner is comes before both.
// Tested in test/routes/admin/person.test.ts.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { invalidRequest } from '../../errors.ts'
import type { Key } from '../../languages/index.ts'
import { displayName } from '../../plugins/accounts/user-record.ts'
import type { Parameters } from '../../plugins/oauth/parameters.ts'
import type { User } from '../../plugins/sign-in/contract.ts'
import { withQuery } from './describe-list.ts'
import { frameOf } from './frame.ts'
import { actorOf, isProven, proveFirst } from './guard.ts'
import { redirectDone } from './notices.ts'

/** The words of each page, and whether it takes something away. */
const ASKS = {
  lock: { title: 'admin-people.askLock', text: 'admin-people.askLockText', button: 'admin-people.lock', danger: true },
  delete: { title: 'admin-people.askDelete', text: 'admin-people.askDeleteText', button: 'admin-people.delete', danger: true },
  owner: { title: 'admin-people.askOwner', text: 'admin-people.askOwnerText', button: 'admin-people.owner', danger: false },
  'no-owner': { title: 'admin-people.askNoOwner', text: 'admin-people.askNoOwnerText', button: 'admin-people.noOwner', danger: true },
  factors: { title: 'admin-people.askFactors', text: 'admin-people.askFactorsText', button: 'admin-people.factors', danger: true },
  reset: { title: 'admin-people.askReset', text: 'admin-people.askResetText', button: 'admin-people.reset', danger: false }
} as const satisfies Record<string, { title: Key; text: Key; button: Key; danger: boolean }>

export type Asked = keyof typeof ASKS

export const isAsked = (act: string): act is Asked => Object.hasOwn(ASKS, act)

/** The page that asks. */
export async function ask (
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  user: User,
  act: string,
  error?: string
): Promise<FastifyReply> {
  if (!isAsked(act)) throw invalidRequest({ key: 'admin-people.noSuchAct' })
  const { adminPerson } = app.paths
  if (!isProven(app, request)) return proveFirst(app, request, reply, withQuery(adminPerson, { person: user.id, ask: act }))
  const { text } = request.words
  const { danger, ...said } = ASKS[act]
  const name = displayName(user)
  const page = {
    ...frameOf(app, request, 'adminPeople'),
    title: text(said.title, { name }),
    text: text(said.text, { name }),
    fields: { person: user.id, act },
    button: text(said.button),
    danger,
    ...(act === 'delete' && { typed: { label: text('admin-people.typeToDelete', { name: typedName(user) }), ...(error !== undefined && { error }) } }),
    actions: { act: adminPerson, back: withQuery(adminPerson, { person: user.id }) }
  }
  return reply.page('admin/confirm', page, error === undefined ? 200 : 400)
}

/** Says which person is meant, however alike two names are. */
const typedName = ({ email, id }: User): string => email ?? id

/** What the page has asked. */
export async function doAsked (
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  user: User,
  act: Asked,
  form: Parameters
): Promise<FastifyReply> {
  const { administration, paths } = app
  const { id } = user
  if (!isProven(app, request)) return proveFirst(app, request, reply, withQuery(paths.adminPerson, { person: id, ask: act }))
  const actor = actorOf(request)
  if (act === 'reset') return reset(app, request, reply, user)
  if (act === 'delete') {
    const isTyped = form.get('typed')?.trim().toLowerCase() === typedName(user).toLowerCase()
    if (!isTyped) return ask(app, request, reply, user, act, request.words.text('admin-people.typedWrong'))
    await administration.delete(actor, id)
    return redirectDone(reply, paths.adminPeople, act)
  }
  if (act === 'lock') await administration.lock(actor, id)
  if (act === 'owner') await administration.makeOwner(actor, id)
  if (act === 'no-owner') await administration.unmakeOwner(actor, id)
  if (act === 'factors') await administration.removeFactors(actor, id)
  return redirectDone(reply, paths.adminPerson, act, { person: id })
}

async function reset (app: FastifyInstance, request: FastifyRequest, reply: FastifyReply, user: User): Promise<FastifyReply> {
  const result = await app.administration.resetPassword(actorOf(request), user.id)
  const person = { person: user.id }
  if (!('link' in result)) return redirectDone(reply, app.paths.adminPerson, 'reset', person)
  const { text } = request.words
  return reply.page('admin/link', {
    ...frameOf(app, request, 'adminPeople'),
    title: text('admin-people.resetLink', { name: displayName(user) }),
    text: text('admin-people.resetLinkText'),
    link: result.link,
    actions: { back: withQuery(app.paths.adminPerson, person) }
  })
}
