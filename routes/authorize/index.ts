// GET and POST /authorize: checks an app's request, stores it, and sends the person to sign-in or consent (OAuth 2.1
// §4.1.1, OpenID Connect Core §3.1.2.1).
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../../config/index.ts'
import { consentRequired, invalidRequest, loginRequired, OAuthError } from '../../errors.ts'
import { matchLanguage } from '../../languages/index.ts'
import { withInteraction } from '../../paths.ts'
import { formParameters, queryParameters, type Parameters } from '../../plugins/oauth/parameters.ts'
import { checkClient, checkRequest } from './request.ts'

export default async function authorize (app: FastifyInstance, { resources }: Pick<Config, 'resources'>) {
  const { paths } = app

  async function begin (request: FastifyRequest, reply: FastifyReply) {
    await app.limits.attempt('authorization', request)
    const parameters = request.method === 'POST' ? formParameters(request) : queryParameters(request)
    const language = matchLanguage(parameters.get('ui_locales'))
    request.language ??= language
    const more = { ...(language && { language }) }
    const known = await checkClient(parameters, (id) => app.clients.find(id, request)).catch((error: unknown) => {
      if (error instanceof OAuthError) app.audit.recordOnce(request, 'authorization_refused', { reason: error.code })
      throw error
    })
    const { client, redirectUri } = known
    const visitor = await app.signIn.sessions.current(request)
    const attempt = client.attempt ?? app.audit.attemptOf(request)
    try {
      const checked = checkRequest(parameters, known, resources)
      const counts = visitor !== undefined && isRecent(visitor.provenAt, checked.maxAge, app.now())
      const mustSignIn = asksForAccount(parameters, counts) || !counts
      const intent = { kind: 'authorization' as const, request: { ...checked, attempt } }
      app.audit.record(request, 'authorization', {
        client: client.id,
        clientName: client.name,
        scope: checked.scopes.join(' '),
        attempt
      })
      if (mustSignIn) {
        return reply.redirect(
          withInteraction(paths.login, await app.signIn.interactions.begin(request, reply, intent, more)),
          303
        )
      }
      return reply.redirect(
        withInteraction(paths.consent, await app.signIn.interactions.resume(request, reply, intent, more)),
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
  }

  app.get(paths.authorize, begin)
  // Core §3.1.2.1: from the app's own site, so not from one of our pages.
  app.post(paths.authorize, { config: { anyOrigin: true } }, begin)
}

/**
 * `max_age` (OpenID Connect Core §3.1.2.1): whether a sign-in is recent enough. One that proved nothing is not, and with
 * 0 none is.
 */
const isRecent = (provenAt: number | undefined, maxAge: number | undefined, now: number): boolean =>
  maxAge === undefined || (maxAge > 0 && provenAt !== undefined && now - provenAt <= maxAge)

/**
 * `prompt` (OpenID Connect Core §3.1.2.1). Consent is asked for every time, so `consent` changes nothing, and `none` can
 * never be granted.
 * @returns whether the person has to sign in, again or as another person.
 * @throws login_required, consent_required or invalid_request
 */
function asksForAccount (parameters: Parameters, isSignedIn: boolean): boolean {
  const prompts = new Set(parameters.get('prompt')?.split(' '))
  if (prompts.has('none')) {
    if (prompts.size > 1) throw invalidRequest('prompt=none must be the only value')
    throw isSignedIn
      ? consentRequired('The person has to allow each connection: ask without prompt=none')
      : loginRequired('The person has to sign in: ask without prompt=none')
  }
  return prompts.has('login') || prompts.has('select_account')
}
