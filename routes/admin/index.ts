// The administration, for owners: each room is a file that this one registers behind the guard.
// This room owns the pages below /admin; what they do is done by plugins/administration, which the commands use as well.
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config/index.ts'
import documents from './documents.ts'
import { frameOf } from './frame.ts'
import { guardAdmin } from './guard.ts'
import limits from './limits.ts'
import server from './server.ts'
import servers from './servers.ts'
import tools from './tools.ts'

export default async function admin (app: FastifyInstance, config: Config) {
  guardAdmin(app, config)

  app.get(app.paths.admin, async (request, reply) =>
    reply.page('admin/index', { ...frameOf(app, request, 'admin'), counts: [] })
  )
  await app.register(servers)
  await app.register(tools)
  await app.register(documents, config)
  await app.register(limits, config)
  await app.register(server, config)
}
