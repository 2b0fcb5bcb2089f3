// One person: what they have, and what can be done at once. What is dangerous is asked first, in person-asks.ts.
// Tested in test/routes/admin/person.test.ts.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { invalidRequest } from '../../errors.ts'
import type { Actor } from '../../plugins/administration/contract.ts'
import { formParameters, queryParameters, type Parameters } from '../../plugins/oauth/parameters.ts'
import type { User } from '../../plugins/sign-in/contract.ts'
import { withQuery } from './describe-list.ts'
import { describePerson } from './describe-person.ts'
import { frameOf } from './frame.ts'
import { actorOf, isProven, proveFirst } from './guard.ts'
import { noticeOf, redirectDone, type Done } from './notices.ts'
import { ask, doAsked, isAsked } from './person-asks.ts'

type Act = (app: FastifyInstance, actor: Actor, userId: string, form: Parameters) => Promise<unknown>

/** What is not asked first. */
const acts: Readonly<Partial<Record<Done, Act>>> = {
  'group-add': ({ administration }, actor, userId, form) => administration.addToGroup(actor, userId, (form.get('group') ?? '').trim()),
  'group-remove': ({ administration }, actor, userId, form) => administration.removeFromGroup(actor, userId, form.need('group')),
  'sign-out': ({ administration }, actor, userId) => administration.signOutEverywhere(actor, userId),
  unlock: ({ administration }, actor, userId) => administration.unlock(actor, userId),
  'end-app': ({ administration }, actor, userId, form) => administration.endGrant(actor, userId, form.need('app')),
  'revoke-key': ({ administration }, actor, _userId, form) => administration.revokeKey(actor, form.need('key'))
}

/** These give power, and need fresh proof as what is asked does: rules may take something away from a group (threat AD-22). */
const GIVING: ReadonlySet<string> = new Set<Done>(['group-add', 'group-remove', 'unlock'])

export default async function person (app: FastifyInstance) {
  const { paths } = app

  app.get(paths.adminPerson, async (request, reply) => {
    const query = queryParameters(request)
    const user = await findPerson(app, query.need('person'))
    const asked = query.get('ask')
    if (asked !== undefined) return ask(app, request, reply, user, asked)
    return reply.page('admin/person', {
      ...frameOf(app, request, 'adminPeople'),
      ...noticeOf(request),
      ...(await describePerson(app, request, user)),
      typed: { group: query.get('group') ?? '' }
    })
  })

  app.post(paths.adminPerson, async (request, reply) => {
    const form = formParameters(request)
    const user = await findPerson(app, form.need('person'))
    const act = form.need('act')
    if (isAsked(act)) return doAsked(app, request, reply, user, act, form)
    return doAtOnce(app, request, reply, user, act, form)
  })
}

async function doAtOnce (
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  { id }: User,
  name: string,
  form: Parameters
): Promise<FastifyReply> {
  const act = Object.hasOwn(acts, name) ? acts[name as Done] : undefined
  if (!act) throw invalidRequest({ key: 'admin-people.noSuchAct' })
  if (GIVING.has(name) && !isProven(app, request)) {
    const typed = name === 'group-add' ? form.get('group') : undefined
    return proveFirst(app, request, reply, withQuery(app.paths.adminPerson, { person: id, group: typed }))
  }
  await act(app, actorOf(request), id, form)
  return redirectDone(reply, app.paths.adminPerson, name as Done, { person: id })
}

/** @throws invalid_request */
async function findPerson (app: FastifyInstance, id: string): Promise<User> {
  const user = await app.signIn.lifecycle.find(id)
  if (!user) throw invalidRequest({ key: 'admin-people.gone' })
  return user
}
