// After a second factor was added: the person and the audit log are told, and with the first come the recovery codes.
// Tested in test/routes/account/second-factors/index.test.ts.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Factor } from '../../../plugins/second-factors/contract.ts'
import { sendFactorChanged } from '../../../plugins/second-factors/mails.ts'
import type { User } from '../../../plugins/sign-in/contract.ts'

export async function factorAdded (
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  user: User,
  { kind, name }: Factor
): Promise<FastifyReply> {
  const { secondFactors, paths } = app
  app.audit.record(request, 'factor_added', { user: user.id, reason: kind })
  sendFactorChanged(app, request.words, user, { change: 'factor-added', factor: name })
  // The factor was shown when it was set up.
  await app.signIn.sessions.noteFactor(request, reply)
  if ((await secondFactors.recoveryCodesOf(user.id)) > 0) return reply.redirect(paths.accountFactors, 303)
  const codes = await secondFactors.newRecoveryCodes(user.id)
  return reply.page('recovery-codes', { codes, actions: { next: paths.accountFactors } })
}
