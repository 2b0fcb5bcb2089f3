// Whose account it is: the signed-in person of a page, and of a form that was made for them.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { accessDenied } from '../../errors.ts'
import { paths, withInteraction } from '../../paths.ts'
import { formParameters } from '../../plugins/oauth/parameters.ts'
import { pageIntent } from '../../plugins/sign-in/intent.ts'
import type { User } from '../../plugins/sign-in/contract.ts'

/** To the sign-in page, and from there to `path`. */
export const signInFirst = async (
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  path: string
): Promise<FastifyReply> =>
  reply.redirect(
    withInteraction(paths.login, await app.signIn.interactions.begin(request, reply, pageIntent(path))),
    303
  )

/**
 * The person a form of these pages was made for.
 * @throws sign_in_expired for another session's form, access_denied for nobody's.
 */
export async function checkForm (app: FastifyInstance, request: FastifyRequest): Promise<User> {
  app.signIn.forms.check(request, formParameters(request).get('token'))
  const user = await app.signIn.sessions.user(request)
  if (!user) throw accessDenied('You are not signed in any more. Sign in and try again.')
  return user
}
