// POST / and its alias /mcp: the MCP endpoint. Host and Origin, then the token, then the message (MCP "Streamable
// HTTP", "Authorization").
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config/index.ts'
import { paths } from '../paths.ts'
import { asHook } from '../plugins/oauth/bearer.ts'
import { resourceScopes } from '../plugins/oauth/scopes.ts'

export default async function mcp (app: FastifyInstance, { publicUrl, signIn }: Pick<Config, 'publicUrl' | 'signIn'>) {
  // Everything but POST, and GET and DELETE of a session, is refused by the scope's hooks. OPTIONS belongs to CORS, and
  // GET / to the home page.
  const methods = app.supportedMethods.filter((method) => method !== 'OPTIONS')
  const endpoints = [
    {
      url: '/',
      metadata: paths.protectedResource,
      methods: methods.filter((method) => method !== 'GET' && method !== 'HEAD')
    },
    { url: '/mcp', metadata: `${paths.protectedResource}/mcp`, methods }
  ]
  for (const { url, metadata, methods } of endpoints) {
    const resourceMetadata = publicUrl + metadata
    app.register(async function endpoint (scope) {
      scope.mcp.prepare(scope)
      scope.addHook('onRequest', (request, reply, done) => {
        if (!scope.checkOrigin(request, reply)) done()
      })
      if (signIn) {
        scope.addHook(
          'onRequest',
          asHook(scope.requireAccess({ resourceMetadata, scopes: resourceScopes, mayBeAnonymous: scope.mcp.isOpen }))
        )
      }
      scope.addHook('onRequest', (request, _reply, done) => {
        scope.mcp.checkRequest(request)
        done()
      })
      scope.route({
        url,
        method: methods,
        config: { isAudited: true },
        handler: (request, reply) => scope.mcp.serve(request, reply, signIn ? request.access : null, resourceMetadata)
      })
    })
  }
}
