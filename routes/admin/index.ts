// The administration, for owners: each room is a file that this one registers behind the guard.
// This room owns the pages below /admin; what they do is done by plugins/administration, which the commands use as well.
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config/index.ts'
import { frameOf } from './frame.ts'
import { guardAdmin } from './guard.ts'
import connection from './connection.ts'
import connectionsLive from './connections-live.ts'
import connections from './connections.ts'

export default async function admin (app: FastifyInstance, config: Config) {
  guardAdmin(app, config)

  app.get(app.paths.admin, async (request, reply) =>
    reply.page('admin/index', { ...frameOf(app, request, 'admin'), counts: [] })
  )
  await app.register(connections)
  await app.register(connection, config)
  await app.register(connectionsLive, config)
}
