// The page that asks somebody who has a second factor to show it, before what is sensitive.
// Tested in test/routes/account/second-factors/proof.test.ts.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { askForOwnPasskey } from '../../../plugins/second-factors/shown.ts'
import type { User } from '../../../plugins/sign-in/contract.ts'

export async function askForFactor (
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  user: User,
  path: string,
  error?: string
): Promise<FastifyReply> {
  const { paths, secondFactors, signIn } = app
  const factors = await secondFactors.list(user.id)
  const passkey = await askForOwnPasskey(secondFactors, signIn.browserOf(request, reply), user.id, factors)
  const page = {
    path,
    ...(passkey && { passkey }),
    ...(error !== undefined && { error }),
    token: signIn.forms.token(request),
    actions: { prove: paths.accountFactorProve, account: paths.account }
  }
  return reply.page('prove-factor', page, error === undefined ? 200 : 401)
}

/** Whoever has one shows it, besides the password, to change how the account is entered (threat FL-01). */
export const lacksFactor = async ({ secondFactors, signIn }: FastifyInstance, request: FastifyRequest, { id }: User): Promise<boolean> =>
  (await secondFactors.hasAny(id)) && !(await signIn.methods.isFresh(request))
