// POST to the MCP endpoint at all of its URLs: `/`, `/mcp` and `/mcp/`, or where MCP_PATH says. The requests pass the
// pipeline of plugins/mcp (MCP "Streamable HTTP").
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config/index.ts'
import { scoped } from '../plugins/scoped.ts'

export default async function mcp (app: FastifyInstance, { endpoints }: Pick<Config, 'endpoints'>) {
  // All but POST, and GET and DELETE of a session, are refused by the pipeline. OPTIONS belongs to CORS, and GET of the
  // canonical URL to the home page.
  const methods = app.supportedMethods.filter((method) => method !== 'OPTIONS')
  const withoutGet = methods.filter((method) => method !== 'GET' && method !== 'HEAD')
  const [{ path: home }] = endpoints
  for (const { spellings, metadataUrl } of endpoints) {
    const { admit, serve } = app.mcp.pipeline(metadataUrl)
    app.register(scoped(async function endpoint (scope) {
      scope.mcp.prepare(scope)
      scope.addHook('onRequest', admit)
      for (const url of spellings) {
        const allowed = url === home ? withoutGet : methods
        scope.route({ url, method: allowed, config: { isAudited: true }, handler: serve })
      }
    }))
  }
}
