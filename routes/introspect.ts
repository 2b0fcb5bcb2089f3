// POST /introspect: a client asks about its own tokens (RFC 7662 §2). It learns nothing about other clients' tokens, not
// even that they exist.
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config/index.ts'
import { invalidClient } from '../errors.ts'
import type { Client } from '../plugins/oauth/clients/contract.ts'
import parameters, { formParameters } from '../plugins/oauth/parameters.ts'

export default async function introspect (app: FastifyInstance, { publicUrl }: Pick<Config, 'publicUrl'>) {
  const { paths } = app
  await app.register(parameters)

  app.post(paths.introspect, async (request, reply) => {
    const answer = await app.limits.countingFailures('token-failure', request, async () => {
      const form = formParameters(request)
      const token = form.need('token')
      const client = await app.clients.authenticate(request, app.grants.holderOf)
      // RFC 7662 §2.1: the caller must authenticate, and a client id alone proves nothing.
      if (client.secretHash === undefined && form.get('client_assertion') === undefined) {
        throw invalidClient('only clients with a secret or a key may ask about tokens')
      }
      const found = await describe(app, client, token, publicUrl)
      if (!found.active) await app.limits.attempt('token-failure', request)
      return found
    })
    return reply.header('cache-control', 'no-store').send(answer)
  })
}

/** RFC 7662 §2.2. */
type Introspection = Record<string, string | number | boolean> & { active: boolean }

async function describe (
  app: FastifyInstance,
  client: Client,
  token: string,
  issuer: string
): Promise<Introspection> {
  const access = await app.grants.verifyAccessToken(token)
  if (access?.clientId === client.id) {
    const { scopes, user, resource, expiresAt } = access
    return {
      active: true,
      scope: scopes.join(' '),
      client_id: client.id,
      token_type: 'Bearer',
      exp: Math.floor(expiresAt),
      sub: user.id,
      aud: resource,
      iss: issuer
    }
  }
  const grant = await app.grants.findByRefreshToken(token)
  const isCurrent = grant?.clientId === client.id && app.grants.isCurrentRefreshToken(grant, token)
  // As an access token: nothing can be had with that of somebody who is kept out, which a lock that was cut short leaves.
  if (isCurrent && grant.refresh && (await app.signIn.lifecycle.mayHoldTokens(grant.user.id, grant.backend))) {
    return {
      active: true,
      scope: grant.scopes.join(' '),
      client_id: client.id,
      exp: Math.floor(grant.refresh.expiresAt),
      sub: grant.user.id,
      aud: grant.resource,
      iss: issuer
    }
  }
  return { active: false }
}
