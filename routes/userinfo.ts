// GET /userinfo and the key set: what a client may know about the person, and the keys that ID tokens are signed with
// (OpenID Connect Core §5.3, RFC 7517).
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../config/index.ts'
import { asHook } from '../plugins/oauth/bearer.ts'
import { missingScope } from '../plugins/oauth/challenge.ts'

export default async function userinfo (app: FastifyInstance, { metadataUrl }: Pick<Config, 'metadataUrl'>) {
  const { paths } = app
  const onRequest = asHook(app.requireAccess({ resourceMetadata: metadataUrl, scopes: ['openid'] }))
  // A POST may carry a form; the token is taken from the header alone, so nothing in it is read.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))

  const answer = async ({ access }: FastifyRequest, reply: FastifyReply) => {
    const { user, scopes } = access!
    if (!scopes.includes('openid')) throw missingScope(metadataUrl, ['openid'])
    return reply.header('cache-control', 'no-store').send(await app.openid.claims(user.id, scopes))
  }
  app.get(paths.userinfo, { onRequest }, answer)
  app.post(paths.userinfo, { onRequest }, answer)

  app.get(paths.keys, async (_request, reply) =>
    reply.header('cache-control', 'public, max-age=300').send(await app.openid.keySet())
  )
}
