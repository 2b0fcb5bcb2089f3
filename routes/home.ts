// GET /: for people a page (what this is, the URL to paste, what tools it has), for programs JSON; for an MCP client
// that asks for a stream, what the MCP endpoint says to that.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import * as server from '../version.ts'
import type { Config } from '../config/index.ts'
import { paths } from '../paths.ts'
import { protocolVersions } from '../plugins/mcp/protocol-versions.ts'
import { resourceScopes } from '../plugins/oauth/scopes.ts'
import { displayName } from '../plugins/accounts/users.ts'

type Options = Pick<Config, 'publicUrl' | 'signIn'>

export default async function home (app: FastifyInstance, { publicUrl, signIn }: Options) {
  const url = publicUrl
  const requireAccess = signIn
    ? app.requireAccess({
      resourceMetadata: publicUrl + paths.protectedResource,
      scopes: resourceScopes,
      mayBeAnonymous: app.mcp.isOpen
    })
    : undefined

  /**
   * MCP Streamable HTTP 2025: a GET is a client that wants the stream of its session; without one there is no stream.
   */
  async function openStream (request: FastifyRequest, reply: FastifyReply) {
    try {
      if (app.checkOrigin(request, reply)) return reply
      await requireAccess?.(request)
      app.mcp.checkRequest(request)
      return await app.mcp.serve(request, reply, signIn ? request.access : null, publicUrl + paths.protectedResource)
    } catch (error) {
      return app.mcp.refuse(error as Error, request, reply)
    }
  }

  app.get(paths.home, async (request, reply) => {
    reply.header('vary', 'Accept')
    const accept = request.headers.accept ?? ''
    if (accept.includes('text/event-stream')) return openStream(request, reply)
    const user = signIn ? await app.signIn.sessions.user(request) : undefined
    // Counting the documents is work, also for whoever is not signed in.
    if (signIn && !user) await app.limits.attempt('authorization', request)
    if (!accept.includes('text/html')) {
      return reply
        .header('cache-control', 'no-store')
        .send({
          name: server.name,
          version: server.version,
          status: 'ok',
          protocolVersions,
          documents: await app.library.count(),
          ...(app.library.progress() && { reading: app.library.progress() }),
          endpoints: {
            mcp: url,
            ...(signIn && {
              authorizationServer: url + paths.authorizationServer,
              protectedResource: url + paths.protectedResource
            }),
            health: url + paths.health
          }
        })
    }
    return reply.page('home', {
      name: 'MCP OAuth Server',
      version: server.version,
      url,
      signIn: signIn ? [...app.signIn.backends.values()].map(({ title }) => title) : [],
      tools: app.mcp.tools.map(({ name, title, description }) => ({ name, title, description })),
      documents: await app.library.count(),
      reading: app.library.progress(),
      ...(user && { user: { name: displayName(user) } }),
      actions: {
        ...(signIn && !user && { login: paths.login }),
        ...(user && { account: paths.account, logout: paths.logout, token: app.signIn.forms.token(request) })
      }
    })
  })
}
