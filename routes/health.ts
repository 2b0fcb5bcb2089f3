// GET /health/live: the process answers. GET /health/ready and /health: it can also serve, because its storage answers and
// it is not shutting down. For load balancers and container engines.
import type { FastifyInstance } from 'fastify'
import { temporarilyUnavailable } from '../errors.ts'
import { answersUnderLoad } from '../plugins/observability/load-shedding.ts'

/** Load balancers and container engines use an address or a name of their own; the answer is the same for everybody. */
const anyHost = { anyHost: true }

export default async function health (app: FastifyInstance) {
  const { paths } = app
  app.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'no-store')
  })
  // Checks nothing else: restarting the process repairs no storage.
  app.get(paths.live, { config: { ...answersUnderLoad.config, ...anyHost } }, async () => ({ status: 'ok' }))
  for (const path of [paths.ready, paths.health]) {
    app.get(path, { config: anyHost }, async () => {
      if (app.isDraining) throw temporarilyUnavailable('This server is about to end; another one takes its place.')
      await app.storage.check()
      const away = await app.partsAway()
      return { status: 'ok', ...(away.length > 0 && { away }) }
    })
  }
}
