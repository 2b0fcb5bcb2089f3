// Who may enter the administration: owners, with a fresh second factor where they have one. Everything below /admin passes
// here, so that a page that is added later cannot forget it.
// Tested in test/routes/admin/guard.test.ts.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../../config/index.ts'
import { accessDenied } from '../../errors.ts'
import { isOwner } from '../../plugins/accounts/owners.ts'
import { formParameters } from '../../plugins/oauth/parameters.ts'
import { pageIntent } from '../../plugins/sign-in/intent.ts'
import type { Visitor } from '../../plugins/sign-in/sessions.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The owner who asks: set by {@link guardAdmin} for everything it lets through. */
    owner: Visitor | undefined
  }
}

/** Registered in the scope that holds the pages of owners. */
export function guardAdmin (app: FastifyInstance, config: Pick<Config, 'ownerEmails'>): void {
  app.decorateRequest('owner', undefined)
  app.addHook('preHandler', async (request, reply) => {
    const visitor = await app.signIn.sessions.current(request)
    if (!visitor) return signInFirst(app, request, reply)
    if (!isOwner(config, visitor.user)) throw notOwner()
    if (request.method === 'POST') app.signIn.forms.check(request, formParameters(request).get('token'))
    request.owner = visitor
  })
}

const signInFirst = async (app: FastifyInstance, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
  const path = request.method === 'GET' ? request.url : app.paths.admin
  return reply.redirect(app.signInPages.login(await app.signIn.interactions.begin(request, reply, pageIntent(path))), 303)
}

function notOwner () {
  const refusal = accessDenied({ key: 'problems.notOwner' })
  refusal.title = { key: 'problems.notOwnerTitle' }
  return refusal
}
