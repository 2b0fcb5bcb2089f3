// The page that asks somebody who has a second factor to show it, before what is sensitive.
// Tested in test/routes/account/second-factors/proof.test.ts.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
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
  const hasPasskey = (await secondFactors.list(user.id)).some(({ kind, madeFor }) => kind === 'passkey' && madeFor === undefined)
  const asked = hasPasskey ? await secondFactors.askForPasskey(signIn.browserOf(request, reply), user.id) : undefined
  const page = {
    path,
    ...(asked && { passkey: { state: asked.state, options: JSON.stringify(asked.options) } }),
    ...(error !== undefined && { error }),
    token: signIn.forms.token(request),
    actions: { prove: paths.accountFactorProve, account: paths.account }
  }
  return reply.page('prove-factor', page, error === undefined ? 200 : 401)
}

/** Whoever has one shows it, besides the password, to change how the account is entered (threat FL-01). */
export const lacksFactor = async ({ secondFactors, signIn }: FastifyInstance, request: FastifyRequest, { id }: User): Promise<boolean> =>
  (await secondFactors.list(id)).length > 0 && !(await signIn.methods.isFresh(request))
