// The consent page: who asks, for what, and where the person will be sent. Asked every time, decided once (MCP "Confused Deputy Problem"; RFC 6749 §4.1.1, §4.1.2).
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Config } from '../../config.ts'
import { accessDenied, invalidClient, invalidRequest, signInExpired } from '../../errors.ts'
import { paths, withInteraction } from '../../paths.ts'
import { sendAppConnected } from '../../plugins/confirmations.ts'
import { describeRedirectUri } from '../../plugins/clients/redirect-uris.ts'
import type { PageData } from '../../plugins/page-data.ts'
import { formParameters, queryParameters } from '../../plugins/parameters.ts'
import { describeScopes } from '../../plugins/scopes.ts'
import type { Visitor } from '../../plugins/sign-in/browser-sessions.ts'
import type { AuthorizationRequest } from '../../plugins/sign-in/errand.ts'
import { displayName } from '../../plugins/sign-in/users.ts'
import { authorizationResponse } from '../../plugins/voices.ts'

export default async function consent (app: FastifyInstance, { publicUrl }: Pick<Config, 'publicUrl'>) {
  app.get(paths.consent, async (request, reply) => {
    const handle = queryParameters(request).get('interaction')
    const { user, asked } = await readConsent(app, request, handle)
    return reply.page('consent', {
      interaction: handle!,
      client: await describeClient(app, asked),
      redirect: describeRedirectUri(asked.redirectUri),
      user: { name: displayName(user), ...(user.name && user.email && { detail: user.email }) },
      scopes: describeScopes(asked.scopes),
      actions: { consent: paths.consent, switchAccount: paths.switchAccount }
    })
  })

  app.post(paths.consent, async (request, reply) => {
    const form = formParameters(request)
    const decision = form.get('decision')
    if (decision !== 'allow' && decision !== 'deny') throw invalidRequest('Choose to allow or to deny.')
    const { user, backend, backendSession, asked } = await readConsent(app, request, form.get('interaction'))
    await app.signIn.take(request, form.get('interaction'))
    const { state, ...allowed } = asked
    app.audit.record(request, decision === 'allow' ? 'consent' : 'denial', {
      user: user.id, backend, client: asked.clientId, clientName: asked.clientName, scope: asked.scopes.join(' '), attempt: asked.attempt
    })
    if (decision === 'deny') {
      const refusal = accessDenied('The person did not allow it.')
      refusal.redirect = { redirectUri: asked.redirectUri, state }
      throw refusal
    }
    await app.clients.remember(asked.clientId)
    const { id, email, emailVerified, name, endsAt } = user
    const isNew = app.mail.isOn && !(await app.grants.listByUser(id)).some(({ clientId }) => clientId === asked.clientId)
    const code = await app.grants.issueCode({
      ...allowed,
      backend,
      backendSession,
      accountEndsAt: endsAt,
      user: { id, ...(email && { email }), ...(emailVerified !== undefined && { emailVerified }), ...(name && { name }) }
    })
    // A consent that somebody else gave in the owner's browser, or talked them into, is noticed by the owner. Nobody waits for it.
    if (isNew) sendAppConnected(app, user, { ...asked, ...describeRedirectUri(asked.redirectUri) }).catch((error: unknown) => { request.log.error({ err: error }, 'a notice could not be sent') })
    return reply.redirect(authorizationResponse(asked.redirectUri, { code, state, iss: publicUrl }), 303)
  })

  app.post(paths.switchAccount, async (request, reply) => {
    const handle = formParameters(request).get('interaction')
    const { errand, session } = await app.signIn.look(request, handle)
    if (session === undefined) throw signInExpired()
    await app.signIn.take(request, handle)
    await app.signIn.leave(request, reply)
    return reply.redirect(withInteraction(paths.login, await app.signIn.park(request, reply, errand)), 303)
  })
}

/** Asks nobody: the page does not depend on the app's own host. @throws invalid_client for one that is gone. */
async function describeClient (app: FastifyInstance, { clientId, clientName, redirectUri }: AuthorizationRequest): Promise<PageData['consent']['client']> {
  const verified = app.clients.verified(clientId, redirectUri)
  const client = await app.clients.recall(clientId)
  // A metadata document may be at hand on another instance only: its host and name are known all the same.
  if (!client && !verified) throw invalidClient('The app that sent you is no longer known here. Add this server to it again.')
  // Anybody can write any website into a document; only one on the verified host says something.
  const mayShow = client?.uri !== undefined && (!verified || URL.parse(client.uri)?.host === verified.host)
  return { name: clientName, ...(mayShow && { uri: client!.uri! }), selfRegistered: client?.kind === 'registered', ...(verified && { verified }) }
}

/** The request under consent and the person who signed in for it, with nothing spent. */
async function readConsent (app: FastifyInstance, request: FastifyRequest, handle: string | undefined): Promise<Visitor & { asked: AuthorizationRequest }> {
  const { errand, session } = await app.signIn.look(request, handle)
  const visitor = await app.signIn.visitor(request)
  if (!visitor || session === undefined || errand.kind !== 'authorization') throw signInExpired()
  return { ...visitor, asked: errand.request }
}
