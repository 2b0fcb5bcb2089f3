// The consent page: who asks, for what, and where the person will be sent. Asked every time, decided once (MCP
// "Confused Deputy Problem"; RFC 6749 §4.1.1, §4.1.2).
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Config } from '../../config/index.ts'
import { accessDenied, invalidClient, invalidRequest, signInExpired } from '../../errors.ts'
import { paths, withInteraction } from '../../paths.ts'
import { sendAppConnected } from '../../plugins/accounts/messages.ts'
import { describeRedirectUri } from '../../plugins/oauth/clients/redirect-uris.ts'
import type { PageData } from '../../plugins/pages/page-data.ts'
import { formParameters, queryParameters } from '../../plugins/oauth/parameters.ts'
import { describeScopes } from '../../plugins/oauth/scopes.ts'
import type { Visitor } from '../../plugins/sign-in/sessions.ts'
import type { AuthorizationRequest } from '../../plugins/sign-in/intent.ts'
import { displayName } from '../../plugins/accounts/users.ts'
import { authorizationResponse } from '../../plugins/pages/error-handlers.ts'

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
    await app.signIn.interactions.consume(request, form.get('interaction'))
    const { state, ...allowed } = asked
    app.audit.record(request, decision === 'allow' ? 'consent' : 'denial', {
      user: user.id,
      backend,
      client: asked.clientId,
      clientName: asked.clientName,
      scope: asked.scopes.join(' '),
      attempt: asked.attempt
    })
    if (decision === 'deny') {
      const refusal = accessDenied('The person did not allow it.')
      refusal.redirect = { redirectUri: asked.redirectUri, state }
      throw refusal
    }
    await app.clients.remember(asked.clientId)
    const { id, email, emailVerified, name, endsAt } = user
    const isNew =
      app.mail.isOn && !(await app.grants.listByUser(id)).some(({ clientId }) => clientId === asked.clientId)
    const code = await app.grants.issueCode({
      ...allowed,
      backend,
      backendSession,
      accountEndsAt: endsAt,
      user: {
        id,
        ...(email && { email }),
        ...(emailVerified !== undefined && { emailVerified }),
        ...(name && { name })
      }
    })
    // A consent that somebody else gave in the owner's browser, or talked them into, is noticed by the owner. Nobody
    // waits for it.
    if (isNew) {
      sendAppConnected(app, user, { ...asked, ...describeRedirectUri(asked.redirectUri) }).catch((error: unknown) => {
        request.log.error({ err: error }, 'a notice could not be sent')
      })
    }
    return reply.redirect(authorizationResponse(asked.redirectUri, { code, state, iss: publicUrl }), 303)
  })

  app.post(paths.switchAccount, async (request, reply) => {
    const handle = formParameters(request).get('interaction')
    const { intent, session } = await app.signIn.interactions.find(request, handle)
    if (session === undefined) throw signInExpired()
    await app.signIn.interactions.consume(request, handle)
    await app.signIn.sessions.signOut(request, reply)
    return reply.redirect(
      withInteraction(paths.login, await app.signIn.interactions.begin(request, reply, intent)),
      303
    )
  })
}

/** Asks nobody: the page does not depend on the app's own host. @throws invalid_client for one that is gone. */
async function describeClient (
  app: FastifyInstance,
  { clientId, clientName, redirectUri }: AuthorizationRequest
): Promise<PageData['consent']['client']> {
  const verified = app.clients.verified(clientId, redirectUri)
  const client = await app.clients.recall(clientId)
  // A metadata document may be at hand on another instance only: its host and name are known all the same.
  if (!client && !verified) { throw invalidClient('The app that sent you is no longer known here. Add this server to it again.') }
  // Anybody can write any website into a document; only one on the verified host says something.
  const mayShow = client?.uri !== undefined && (!verified || URL.parse(client.uri)?.host === verified.host)
  return {
    name: clientName,
    ...(mayShow && { uri: client!.uri! }),
    selfRegistered: client?.kind === 'registered',
    ...(verified && { verified })
  }
}

/** The request under consent and the person who signed in for it, with nothing spent. */
async function readConsent (
  app: FastifyInstance,
  request: FastifyRequest,
  handle: string | undefined
): Promise<Visitor & { asked: AuthorizationRequest }> {
  const { intent, session } = await app.signIn.interactions.find(request, handle)
  const visitor = await app.signIn.sessions.current(request)
  if (!visitor || session === undefined || intent.kind !== 'authorization') throw signInExpired()
  return { ...visitor, asked: intent.request }
}
