// POST /token: exchanges a code or a refresh token for tokens (OAuth 2.1 §3.2). Client authentication and the response are shared; each grant has its own file.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Config } from '../../config.ts'
import { invalidGrant, OAuthError, unauthorizedClient, unsupportedGrantType } from '../../errors.ts'
import { paths } from '../../paths.ts'
import { ofGrant } from '../../plugins/audit/index.ts'
import type { Client, GrantType } from '../../plugins/clients/contract.ts'
import type { Grant, TokenSet } from '../../plugins/grants/contract.ts'
import { SpentSecret } from '../../plugins/grants/index.ts'
import parameters, { formParameters, type Parameters } from '../../plugins/parameters.ts'
import { authorizationCode } from './authorization-code.ts'
import { refreshToken } from './refresh-token.ts'

/** Redeems what the form holds, for a client that has proven itself. `resources`: what `resource` may name, canonical first. */
export type GrantHandler = (app: FastifyInstance, client: Client, form: Parameters, resources: readonly string[]) => Promise<TokenSet>

const handlers: Readonly<Record<GrantType, GrantHandler>> = { authorization_code: authorizationCode, refresh_token: refreshToken }

function recordRefusal (app: FastifyInstance, request: FastifyRequest, error: Error): void {
  if (!(error instanceof OAuthError)) return
  if (error.cause instanceof SpentSecret) app.audit.record(request, 'reuse', ofGrant(error.cause.grant))
  else app.audit.recordOnce(request, 'token_refused', { reason: error.code })
}

/** Looked at after the grant was written: whoever locks or deletes an account meanwhile finds that grant, or is seen here. */
async function checkWelcome (app: FastifyInstance, { id, user }: Grant): Promise<void> {
  if (await app.signIn.people.isWelcome(user.id)) return
  await app.grants.revoke(id)
  throw invalidGrant('the account is locked or gone; sign in again')
}

export default async function token (app: FastifyInstance, { publicUrl }: Pick<Config, 'publicUrl'>) {
  await app.register(parameters)
  const resources = [publicUrl, `${publicUrl}/mcp`]

  // Only failures count: those who hold good codes and tokens share addresses with many others.
  app.addHook('onError', async (request, _reply, error) => {
    recordRefusal(app, request, error)
    await app.limits.note('token-failure', request)
  })
  app.addHook('onRequest', async (request) => { await app.limits.check('token-failure', request) })

  app.post(paths.token, async (request, reply) => {
    const form = formParameters(request)
    const grantType = form.need('grant_type')
    if (!Object.hasOwn(handlers, grantType)) throw unsupportedGrantType('use authorization_code or refresh_token')
    const client = await app.clients.authenticate(request, app.grants.isHeld)
    if (!client.grantTypes.includes(grantType as GrantType)) throw unauthorizedClient(`the client did not register for ${grantType}`)
    const issued = await handlers[grantType as GrantType](app, client, form, resources)
    await checkWelcome(app, issued.grant)
    await app.signIn.services.keep(issued.grant)
    app.audit.record(request, grantType === 'refresh_token' ? 'refresh' : 'token', { ...ofGrant(issued.grant), scope: issued.scopes.join(' ') })
    await app.clients.keep(client, issued.grant.refresh?.expiresAt ?? 0)
    const idToken = await app.openid.idToken(issued.grant, issued.scopes)
    return reply.header('cache-control', 'no-store').header('pragma', 'no-cache').send({
      access_token: issued.accessToken,
      token_type: 'Bearer',
      expires_in: issued.expiresIn,
      ...(issued.refreshToken && { refresh_token: issued.refreshToken }),
      ...(idToken && { id_token: idToken }),
      scope: issued.scopes.join(' ')
    })
  })
}
