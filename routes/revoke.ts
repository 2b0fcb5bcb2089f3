// POST /revoke: a client ends what it was given (RFC 7009 §2). Either token ends the whole grant, at once.
import type { FastifyInstance } from 'fastify'
import { ofGrant } from '../plugins/observability/audit/index.ts'
import parameters, { formParameters } from '../plugins/oauth/parameters.ts'

export default async function revoke (app: FastifyInstance) {
  const { paths } = app
  await app.register(parameters)

  app.post(paths.revoke, async (request, reply) => {
    const grant = await app.limits.countingFailures('token-failure', request, async () => {
      const form = formParameters(request)
      const client = await app.clients.authenticate(request, app.grants.holderOf)
      // token_type_hint is only a hint: our tokens say what they are.
      const ended = await app.grants.revokeToken(form.need('token'), client.id)
      // RFC 7009 §2.2 answers it like any other; anyone can send it, so it counts.
      if (!ended) await app.limits.attempt('token-failure', request)
      return ended
    })
    if (grant) app.audit.record(request, 'revocation', ofGrant(grant))
    return reply.header('cache-control', 'no-store').send()
  })
}
