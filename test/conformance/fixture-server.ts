// The server as it is, with the conformance suite's fixtures in place of what tools/ holds.
import type { FastifyInstance } from 'fastify'
import { buildApp, type AppOptions } from '../../app.ts'
import type { Config } from '../../config/index.ts'
import { fixtures } from './fixtures.ts'

export async function buildFixtureServer (
  config: Config,
  options: Pick<AppOptions, 'maxEventLoopDelayMs'> = {}
): Promise<FastifyInstance> {
  const offer = fixtures(() => {
    app.mcp.offer(offer)
  })
  const app = await buildApp(config, { ...options, offer, reloads: true })
  return app
}
