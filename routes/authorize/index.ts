// GET /authorize: checks an app's request, stores it, and sends the person to sign-in or consent (OAuth 2.1 §4.1.1).
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config/index.ts'
import { OAuthError } from '../../errors.ts'
import { paths, withInteraction } from '../../paths.ts'
import { queryParameters } from '../../plugins/oauth/parameters.ts'
import { checkClient, checkRequest } from './request.ts'

export default async function authorize (app: FastifyInstance, { publicUrl }: Pick<Config, 'publicUrl'>) {
  const resources = [publicUrl, `${publicUrl}/mcp`]

  app.get(paths.authorize, async (request, reply) => {
    await app.limits.attempt('authorization', request)
    const parameters = queryParameters(request)
    const known = await checkClient(parameters, (id) => app.clients.find(id, request)).catch((error: unknown) => {
      if (error instanceof OAuthError) app.audit.recordOnce(request, 'authorization_refused', { reason: error.code })
      throw error
    })
    const { client, redirectUri } = known
    const user = await app.signIn.sessions.user(request)
    const attempt = client.attempt ?? app.audit.attemptOf(request)
    try {
      const checked = checkRequest(parameters, known, resources)
      const intent = { kind: 'authorization' as const, request: { ...checked, attempt } }
      app.audit.record(request, 'authorization', {
        client: client.id,
        clientName: client.name,
        scope: checked.scopes.join(' '),
        attempt
      })
      // prompt=login (OpenID Connect Core §3.1.2.1) asks for a fresh sign-in; consent is always asked for.
      if (!user || parameters.get('prompt')?.split(' ').includes('login')) {
        return reply.redirect(
          withInteraction(paths.login, await app.signIn.interactions.begin(request, reply, intent)),
          303
        )
      }
      return reply.redirect(
        withInteraction(paths.consent, await app.signIn.interactions.resume(request, reply, intent)),
        303
      )
    } catch (error) {
      if (!(error instanceof OAuthError) || error.statusCode >= 500) throw error
      app.audit.recordOnce(request, 'authorization_refused', {
        client: client.id,
        clientName: client.name,
        reason: error.code,
        attempt
      })
      const home = { redirectUri, state: parameters.get('state') }
      // RFC 9700 §4.11.2: anyone can make a client, so the person follows a link to its site; the browser is not sent.
      if (client.kind === 'chatgpt' || client.kind === 'operator') error.redirect = home
      else error.choice = home
      throw error
    }
  })
}
