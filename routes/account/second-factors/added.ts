// After a second factor was added: the person and the audit log are told, and with the first come the recovery codes.
// Tested in test/routes/account/second-factors/app.test.ts.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AddedFactor } from '../../../plugins/second-factors/contract.ts'
import type { User } from '../../../plugins/sign-in/contract.ts'

export async function factorAdded (
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  user: User,
  factor: AddedFactor
): Promise<FastifyReply> {
  const { secondFactors, paths } = app
  app.audit.record(request, 'factor_added', { user: user.id, reason: factor.kind })
  secondFactors.first.tellAdded(request, user, factor)
  // The factor was shown when it was set up.
  await app.signIn.sessions.noteFactor(request, reply)
  if ((await secondFactors.recoveryCodesOf(user.id)) > 0) return reply.redirect(paths.accountFactors, 303)
  const codes = await secondFactors.newRecoveryCodes(user.id)
  return reply.page('recovery-codes', { codes, actions: { next: paths.accountFactors } })
}
