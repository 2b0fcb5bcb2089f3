// Who may enter the administration: owners, with a fresh second factor where they have one. Everything below /admin passes
// here, so that a page that is added later cannot forget it. What is dangerous asks for fresh proof once more.
// Tested in test/routes/admin/guard.test.ts.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { accessDenied } from '../../errors.ts'
import type { Actor } from '../../plugins/administration/contract.ts'
import { formParameters } from '../../plugins/oauth/parameters.ts'
import { isFresh } from '../../plugins/sign-in/freshness.ts'
import { factorIntent, MAX_PATH_CHARS, pageIntent, proofIntent } from '../../plugins/sign-in/intent.ts'
import type { Visitor } from '../../plugins/sign-in/sessions.ts'

/** For which a second factor lets its owner look. */
const LOOK_SECONDS = 3_600

/** An owner who asks. */
export interface Owner extends Visitor {
  hasFactor: boolean
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by {@link guardAdmin} for everything it lets through. */
    owner: Owner | undefined
  }
}

/** Registered in the scope that holds the pages of owners. */
export function guardAdmin (app: FastifyInstance): void {
  app.decorateRequest('owner', undefined)
  app.addHook('preHandler', async (request, reply) => {
    const visitor = await app.signIn.sessions.current(request)
    if (!visitor) return signInFirst(app, request, reply)
    if (!app.administration.isOwner(visitor.user)) throw notOwner()
    if (request.method === 'POST') app.signIn.forms.check(request, formParameters(request).get('token'))
    const hasFactor = await app.secondFactors.hasAny(visitor.user.id)
    request.owner = { ...visitor, hasFactor }
    if (hasFactor && !isFresh(visitor.factorAt, app.now(), LOOK_SECONDS)) return proveFirst(app, request, reply, pathOf(app, request))
  })
}

/**
 * For what takes something away or gives power: a second factor a moment ago or, without one,
 * any proof.
 */
export const isProven = (app: FastifyInstance, { owner }: FastifyRequest): boolean =>
  isFresh(owner!.hasFactor ? owner!.factorAt : owner!.provenAt, app.now())

/**
 * Asks the owner who they are, and leads to `path` afterwards; what was typed is left out where
 * it is too long to be carried along.
 */
export async function proveFirst (
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  wanted: string
): Promise<FastifyReply> {
  const { interactions } = app.signIn
  const path = wanted.length > MAX_PATH_CHARS ? wanted.replace(/\?.*/, '') : wanted
  if (request.owner!.hasFactor) {
    return reply.redirect(app.signInPages.factor(await interactions.resume(request, reply, factorIntent(path))), 303)
  }
  return reply.redirect(app.signInPages.login(await interactions.begin(request, reply, proofIntent(path))), 303)
}

/** In whose name something is done, for the audit log. */
export const actorOf = (request: FastifyRequest): Actor => ({ by: request.owner!.user.id, request })

const signInFirst = async (app: FastifyInstance, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
  reply.redirect(app.signInPages.login(await app.signIn.interactions.begin(request, reply, pageIntent(pathOf(app, request)))), 303)

/** Where to go on: a form is not sent again. */
const pathOf = (app: FastifyInstance, { method, url }: FastifyRequest): string => (method === 'GET' ? url : app.paths.admin)

function notOwner () {
  const refusal = accessDenied({ key: 'problems.notOwner' })
  refusal.title = { key: 'problems.notOwnerTitle' }
  return refusal
}
