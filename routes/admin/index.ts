// The administration, for owners: each room is a file that this one registers behind the guard.
// This room owns the pages below /admin; what they do is done by plugins/administration, which the commands use as well.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Config } from '../../config/index.ts'
import type { Key } from '../../languages/index.ts'
import { stateOf } from '../../plugins/accounts/invitation.ts'
import { boundedList } from '../../plugins/administration/bounded-list.ts'
import { scoped } from '../../plugins/scoped.ts'
import apps from './apps.ts'
import connection from './connection.ts'
import connectionsLive from './connections-live.ts'
import connections from './connections.ts'
import documents from './documents.ts'
import { frameOf } from './frame.ts'
import { guardAdmin } from './guard.ts'
import invitations from './invitations.ts'
import keys from './keys.ts'
import limits from './limits.ts'
import people from './people.ts'
import person from './person.ts'
import server from './server.ts'
import servers from './servers.ts'
import tools from './tools.ts'

export default async function admin (app: FastifyInstance, config: Config) {
  guardAdmin(app)
  for (const routes of [
    people, person, invitations, connections, connectionsLive, apps, keys, servers, tools
  ]) await app.register(scoped(routes))
  await app.register(scoped(connection), config)
  await app.register(scoped(documents), config)
  await app.register(scoped(limits), config)
  await app.register(scoped(server), config)

  app.get(app.paths.admin, async (request, reply) =>
    reply.page('admin/index', { ...frameOf(app, request, 'admin'), counts: await count(app, request) })
  )
}

/** How much there is of everything. */
async function count (app: FastifyInstance, { words }: FastifyRequest) {
  const { paths, signIn } = app
  const [users, grants, keys, invited] = await Promise.all([
    boundedList(signIn.lifecycle.all(), ({ id }) => id),
    boundedList(app.grants.all(), ({ clientId }) => clientId),
    boundedList(app.accessKeys.all(), ({ id }) => id),
    signIn.invitations.list()
  ])
  const open = invited.filter((one) => stateOf(one, app.now()) === 'open').length
  const row = (label: Key, number: number, isCut: boolean, href: string) => ({
    label: words.text(label),
    value: words.number(number) + (isCut ? '+' : ''),
    href
  })
  return [
    row('admin.people', users.found.length, users.isCut, paths.adminPeople),
    row('admin-people.openInvitations', open, false, paths.adminInvitations),
    row('admin.apps', new Set(grants.found).size, grants.isCut, paths.adminApps),
    row('admin.keys', keys.found.length, keys.isCut, paths.adminKeys)
  ]
}
