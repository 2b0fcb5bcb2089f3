// GET /documents/…: where a citation leads: the text of one document, or of a note of one's own, for people who are signed
// in.
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config/index.ts'
import { OAuthError } from '../errors.ts'
import { paths, withInteraction } from '../paths.ts'
import { pageIntent } from '../plugins/sign-in/intent.ts'

/** Characters of one page. */
const MAX_SHOWN = 500_000

export default async function documents (app: FastifyInstance, { signIn }: Pick<Config, 'signIn'>) {
  app.get<{ Params: { '*': string }; Querystring: { part?: string } }>(
    `${paths.documents}/*`,
    async (request, reply) => {
      const user = signIn ? await app.signIn.sessions.user(request) : undefined
      if (signIn && !user) {
        return reply.redirect(
          withInteraction(
            paths.login,
            await app.signIn.interactions.begin(request, reply, pageIntent(request.raw.url!.split('?')[0]!))
          ),
          303
        )
      }
      const part = readPart(request.query.part)
      const found = await app.library.of(user ?? null).read(request.params['*'], { part, maxCharacters: MAX_SHOWN })
      if (!found) throw new OAuthError('not_found', 404, 'This document is not in the library, or no longer.')
      const { id, title, text, metadata, next } = found
      const actions = {
        home: paths.home,
        ...(next !== undefined && { next: `${request.url.split('?')[0]}?part=${next}` })
      }
      return reply.page('document', { id, title, text, ...(metadata && { metadata }), actions })
    }
  )
}

/** A part that does not exist is answered like a document that does not exist. */
const readPart = (part: unknown): number =>
  part === undefined ? 1 : /^[1-9]\d{0,5}$/.test(String(part)) ? Number(part) : 0
