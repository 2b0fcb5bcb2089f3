// POST / and its aliases /mcp and /mcp/: the MCP endpoint. The requests pass the pipeline of plugins/mcp (MCP "Streamable HTTP").
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config/index.ts'
import { paths } from '../paths.ts'

export default async function mcp (app: FastifyInstance, { publicUrl }: Pick<Config, 'publicUrl'>) {
  // All but POST, and GET and DELETE of a session, are refused by the pipeline. OPTIONS belongs to CORS, and GET / to
  // the home page.
  const methods = app.supportedMethods.filter((method) => method !== 'OPTIONS')
  const withoutGet = methods.filter((method) => method !== 'GET' && method !== 'HEAD')
  const endpoints = [
    { urls: [paths.mcp[0]], metadata: paths.protectedResource, methods: withoutGet },
    { urls: paths.mcp.slice(1), metadata: `${paths.protectedResource}/mcp`, methods }
  ]
  for (const { urls, metadata, methods } of endpoints) {
    const { admit, serve } = app.mcp.pipeline(publicUrl + metadata)
    app.register(async function endpoint (scope) {
      scope.mcp.prepare(scope)
      scope.addHook('onRequest', admit)
      for (const url of urls) scope.route({ url, method: methods, config: { isAudited: true }, handler: serve })
    })
  }
}
