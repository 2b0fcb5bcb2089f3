// POST /token: exchanges a code, a refresh token or a client's credentials for tokens (OAuth 2.1 §3.2). Client
// authentication and the response are shared; each grant has its own file.
// This room owns the grants of the token endpoint, one file each: from an authenticated client
// and its form to tokens. It hands them out as the one response.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Config } from '../../config/index.ts'
import { invalidGrant, OAuthError, unauthorizedClient, unsupportedGrantType } from '../../errors.ts'
import { ofGrant } from '../../plugins/observability/audit/index.ts'
import { JWT_BEARER, type Client, type GrantType } from '../../plugins/oauth/clients/contract.ts'
import type { Grant, TokenSet } from '../../plugins/oauth/grants/contract.ts'
import { TokenReuse } from '../../plugins/oauth/grants/index.ts'
import { parseToken } from '../../plugins/oauth/grants/token-format.ts'
import parameters, { formParameters, type Parameters } from '../../plugins/oauth/parameters.ts'
import { authorizationCode } from './authorization-code.ts'
import { clientCredentials } from './client-credentials.ts'
import type { GrantHandler } from './contract.ts'
import { idJag } from './id-jag.ts'
import { refreshToken } from './refresh-token.ts'

const handlers: Readonly<Record<GrantType, GrantHandler>> = {
  authorization_code: authorizationCode,
  refresh_token: refreshToken,
  [JWT_BEARER]: idJag,
  client_credentials: clientCredentials
}

const isOneOf = (types: readonly GrantType[], type: string): type is GrantType =>
  types.includes(type as GrantType)

/**
 * A retry is recorded once in its generation: it may be a lost response, or a thief who was
 * quick.
 */
function recordIssue (
  app: FastifyInstance,
  request: FastifyRequest,
  { grant, scopes, retry, renewed }: TokenSet
): void {
  if (retry === 'again') return
  const isRefresh = renewed === true || (grant.refresh?.generation ?? 0) > 0
  app.audit.record(request, retry ? 'retry' : isRefresh ? 'refresh' : 'token', {
    ...ofGrant(grant),
    scope: scopes.join(' '),
    from: app.audit.attemptOf(request)
  })
}

/** What is known of a request: its form, and its client once that has proven itself. */
interface Known {
  form?: Parameters
  client?: Client
}

function recordRefusal (app: FastifyInstance, request: FastifyRequest, error: unknown, { form, client }: Known): void {
  if (!(error instanceof OAuthError)) return
  const { cause } = error
  if (cause instanceof TokenReuse) app.audit.record(request, 'reuse', ofGrant(cause.grant))
  else {
    app.audit.recordOnce(request, 'token_refused', {
      reason: error.reason ?? error.code,
      ...(client && { client: client.id, clientName: client.name }),
      grant: grantOfCode(form)
    })
  }
}

/**
 * Whose story a refusal belongs to: what was shown for a token names its grant, and nobody can
 * guess that.
 */
function grantOfCode (form: Parameters | undefined): string | undefined {
  const code = form?.get('code')
  return code === undefined ? undefined : parseToken('ac', code)?.grantId
}

/**
 * Checked after the grant was written: a lock or deletion meanwhile either finds the grant, or
 * is seen here.
 */
async function checkAccount (
  app: FastifyInstance,
  { id, user, backend, service }: Grant
): Promise<void> {
  // Nobody's account stands behind a service.
  if (service !== undefined) return
  if (await app.signIn.lifecycle.mayHoldTokens(user.id, backend)) return
  await app.grants.revoke(id)
  throw invalidGrant(
    'the account is locked or deleted, or the sign-in method was removed from it; sign in again'
  )
}

export default async function token (app: FastifyInstance, { resources }: Pick<Config, 'resources'>) {
  const { paths } = app
  await app.register(parameters)

  app.post(paths.token, async (request, reply) => {
    const answer = await app.limits.countingFailures('token-failure', request, () => exchange(app, request, resources))
    return reply.header('cache-control', 'no-store').header('pragma', 'no-cache').send(answer)
  })
}

async function exchange (app: FastifyInstance, request: FastifyRequest, resources: readonly string[]): Promise<object> {
  const known: Known = {}
  try {
    const form = (known.form = formParameters(request))
    const grantType = form.need('grant_type')
    const { grantTypes } = app.clients
    if (!isOneOf(grantTypes, grantType)) {
      throw unsupportedGrantType(`use ${grantTypes.join(' or ')}`)
    }
    const { holderOf } = grantType === JWT_BEARER ? app.idJag : app.grants
    const client = await app.clients.authenticate(request, holderOf)
    known.client = client
    if (!client.grantTypes.includes(grantType)) {
      throw unauthorizedClient(`the client did not register for ${grantType}`)
    }
    const issued = await handlers[grantType]({ app, request, client, form, resources })
    try {
      return await respond(app, request, client, issued)
    } catch (error) {
      app.grants.takeBack(issued)
      throw error
    }
  } catch (error) {
    recordRefusal(app, request, error, known)
    throw error
  }
}

/** The response, once everything around the grant is in order. */
async function respond (
  app: FastifyInstance,
  request: FastifyRequest,
  client: Client,
  issued: TokenSet
): Promise<object> {
  await checkAccount(app, issued.grant)
  await app.signIn.upstream.extend(issued.grant)
  // Without a refresh token it is used all the same, and the person comes back with it.
  await app.clients.keep(client, issued.grant.refresh?.expiresAt ?? app.now(), issued.grant.user.id)
  const idToken = await app.openid.idToken(issued.grant, issued.scopes)
  recordIssue(app, request, issued)
  return {
    access_token: issued.accessToken,
    token_type: 'Bearer',
    expires_in: issued.expiresIn,
    ...(issued.refreshToken && { refresh_token: issued.refreshToken }),
    ...(idToken && { id_token: idToken }),
    scope: issued.scopes.join(' ')
  }
}
