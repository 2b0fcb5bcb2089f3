// GET /health: whether the server can serve, for load balancers: it can when its storage answers.
import type { FastifyInstance } from 'fastify'
import { paths } from '../paths.ts'

export default async function health (app: FastifyInstance) {
  app.get(paths.health, async (_request, reply) => {
    await app.storage.check()
    return reply.header('cache-control', 'no-store').send({ status: 'ok' })
  })
}
