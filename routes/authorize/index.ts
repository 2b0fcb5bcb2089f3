// GET and POST /authorize: checks an app's request, stores it, and sends the person to sign-in or consent (OAuth 2.1
// §4.1.1, OpenID Connect Core §3.1.2.1).
// This room owns the request of an app, from its check to the person's decision; a sign-in between is plugins/sign-in's.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../../config/index.ts'
import { OAuthError } from '../../errors.ts'
import { matchLanguage } from '../../languages/index.ts'
import { withInteraction } from '../../paths.ts'
import type { Client } from '../../plugins/oauth/clients/contract.ts'
import { formParameters, queryParameters } from '../../plugins/oauth/parameters.ts'
import type { AuthorizationRequest, SignInWishes } from '../../plugins/sign-in/intent.ts'
import type { Visitor } from '../../plugins/sign-in/sessions.ts'
import { checkAsked, mustAsk } from './asked.ts'
import { describeRequest, recordRefusal } from './record.ts'
import { checkClient, checkRequest } from './request.ts'

export default async function authorize (app: FastifyInstance, { resources }: Pick<Config, 'resources'>) {
  const { paths } = app

  async function begin (request: FastifyRequest, reply: FastifyReply) {
    await app.limits.attempt('authorization', request)
    const parameters = request.method === 'POST' ? formParameters(request) : queryParameters(request)
    const language = matchLanguage(parameters.get('ui_locales'))
    request.language ??= language
    const more = { ...(language && { language }) }
    let found: Client | undefined
    const find = async (id: string) => (found = await app.clients.find(id, request))
    const known = await checkClient(parameters, find).catch((error: unknown) => {
      recordRefusal(app, request, error, describeRequest(app, request, found, parameters.get('redirect_uri')))
      throw error
    })
    const { client, redirectUri } = known
    const visitor = await app.signIn.sessions.current(request)
    const about = describeRequest(app, request, client, redirectUri)
    try {
      const asked = await checkAsked(parameters, client.id, app.openid)
      const checked = { ...checkRequest(parameters, known, resources), wishes: asked.wishes }
      const counts = visitor !== undefined && isEnough(visitor, checked, app.now())
      const mustSignIn = mustAsk(asked.prompts, counts) || !counts
      const intent = { kind: 'authorization' as const, request: { ...checked, attempt: about.attempt } }
      app.audit.record(request, 'authorization', { ...about, scope: checked.scopes.join(' ') })
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
      recordRefusal(app, request, error, about)
      const home = { redirectUri, state: parameters.get('state') }
      // RFC 9700 §4.11.2: anyone can make a client, so the person follows a link to its site;
      // the browser is not sent.
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
 * Whether the session of the browser will do (OpenID Connect Core §3.1.2.1): recent enough for `max_age`, of the person
 * whom the app named, and with a second factor where one is wished for. With `max_age=0` none is.
 */
function isEnough (
  { user, provenAt, factorAt }: Visitor,
  { maxAge, wishes: { subject, secondFactor } }: Pick<AuthorizationRequest, 'maxAge'> & { wishes: SignInWishes },
  now: number
): boolean {
  const isRecent = maxAge === undefined || (maxAge > 0 && provenAt !== undefined && now - provenAt <= maxAge)
  return isRecent && (subject === undefined || subject === user.id) && (!secondFactor || factorAt !== undefined)
}
