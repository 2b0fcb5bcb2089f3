// POST /register: dynamic client registration (RFC 7591 §3). Open to anyone, so it stores little, and a name proves
// nothing.
import type { FastifyInstance } from 'fastify'
import { invalidClientMetadata, OAuthError } from '../errors.ts'
import { turnTakerOf } from '../plugins/caller-turns.ts'
import { isObject } from '../plugins/is-object.ts'
import { redirectHost } from '../plugins/oauth/clients/redirect-uris.ts'

const LIMIT_BYTES = 64 * 1024

/** What the operator may have to allow. */
function firstRedirect (body: unknown): string | undefined {
  const uris = isObject(body) ? body['redirect_uris'] : undefined
  const first: unknown = Array.isArray(uris) ? uris[0] : undefined
  return typeof first === 'string' ? redirectHost(first) : undefined
}

export default async function register (app: FastifyInstance) {
  const { paths } = app
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string', bodyLimit: LIMIT_BYTES }, (request, text: string, done) => {
    app.callerTurns.begin(turnTakerOf(request), (gone) => gone ? done(gone) : parse(request, text, done), request)
  })

  app.addHook('onError', async (request, _reply, error) => {
    if (!(error instanceof OAuthError)) return
    const redirect = error.code === 'invalid_redirect_uri' ? firstRedirect(request.body) : undefined
    app.audit.recordOnce(request, 'registration_refused', { reason: error.code, ...(redirect !== undefined && { redirect }) })
  })

  app.post(paths.register, async (request, reply) => {
    await app.limits.attempt('registration', request)
    // Compared exactly: unusual spellings have bypassed body checks elsewhere (CVE-2026-25223).
    if (!/^application\/json(?:; ?charset="?utf-8"?)?$/i.test(request.headers['content-type'] ?? '')) {
      throw invalidClientMetadata('send the metadata as application/json')
    }
    const attempt = app.audit.attemptOf(request)
    const client = await app.clients.register(request.body, request, attempt)
    app.audit.record(request, 'registration', { client: client.id, clientName: client.metadata.client_name, attempt })
    return reply
      .code(201)
      .header('cache-control', 'no-store')
      .send({
        client_id: client.id,
        client_id_issued_at: client.registeredAt,
        ...(client.secret && { client_secret: client.secret, client_secret_expires_at: 0 }),
        ...client.metadata
      })
  })
}
