// Who may use an account page: the signed-in person, and a form that was made for their session.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { accessDenied } from '../../errors.ts'
import { formParameters } from '../../plugins/oauth/parameters.ts'
import type { User } from '../../plugins/sign-in/contract.ts'
import { pageIntent } from '../../plugins/sign-in/intent.ts'

/** Redirects to the sign-in page, and from there to `path`. */
export const signInFirst = async (
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  path: string
): Promise<FastifyReply> =>
  reply.redirect(app.signInPages.login(await app.signIn.interactions.begin(request, reply, pageIntent(path))), 303)

/**
 * The person a form of these pages was made for.
 * @throws sign_in_expired for another session's form, access_denied without a session.
 */
export async function checkForm (app: FastifyInstance, request: FastifyRequest): Promise<User> {
  app.signIn.forms.check(request, formParameters(request).get('token'))
  const user = await app.signIn.sessions.user(request)
  if (!user) throw accessDenied({ key: 'problems.notSignedIn' })
  return user
}
