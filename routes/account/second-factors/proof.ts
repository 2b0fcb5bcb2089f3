// Before second factors are changed: whoever has one shows it, others prove who they are as for every sensitive change. A
// stolen session, even with the password, neither adds nor removes one (OWASP ASVS 7.5.1; threat SF-06).
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { accessDenied } from '../../../errors.ts'
import { formParameters, type Parameters } from '../../../plugins/oauth/parameters.ts'
import { isFresh } from '../../../plugins/sign-in/freshness.ts'
import type { Visitor } from '../../../plugins/sign-in/sessions.ts'
import { checkForm, signInFirst } from '../guard.ts'
import { askForProof, needAccountPage } from '../reauthenticate.ts'
import { askForFactor } from './ask.ts'

/**
 * @returns the person; undefined where a page was sent instead. Not that page: a reply that is waited for says nothing, and
 * the caller went on (threat FS-11).
 */
export async function needProof (
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  path: string
): Promise<Visitor | undefined> {
  if (request.method === 'POST') await checkForm(app, request)
  const visitor = await app.signIn.sessions.current(request)
  if (visitor && (await app.signIn.methods.isFresh(request))) return visitor
  await (visitor ? askForProof(app, request, reply, visitor.user, path) : signInFirst(app, request, reply, path))
  return undefined
}

/** Whoever has shown no factor was let in because there is none, and adds the first or nothing (threat AC-33). */
export const unlessShown = ({ now }: FastifyInstance, { factorAt }: Visitor): { isFirst?: true } =>
  isFresh(factorAt, now()) ? {} : { isFirst: true }

export default async function proveFactor (app: FastifyInstance) {
  const { paths } = app
  app.post(paths.accountFactorProve, async (request, reply) => {
    const { id } = await checkForm(app, request)
    await app.limits.attempt('sign-in', request)
    const visitor = await app.signIn.sessions.current(request)
    const form = formParameters(request)
    const path = needAccountPage(app, form)
    if (visitor?.user.id !== id) throw accessDenied({ key: 'problems.notSignedIn' })
    if (!(await isShown(app, request, reply, id, form))) {
      app.audit.record(request, 'factor_failed', { user: id })
      const key = form.get('code') === undefined ? 'second-factors.prove-passkey-failed' : 'second-factors.prove-wrong'
      return askForFactor(app, request, reply, visitor.user, path, request.words.text(key))
    }
    await app.signIn.sessions.noteFactor(request, reply)
    return reply.redirect(path, 303)
  })
}

async function isShown (
  { secondFactors, signIn, audit }: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  userId: string,
  form: Parameters
): Promise<boolean> {
  const code = form.get('code')
  if (code === undefined) {
    const answer = { state: form.need('state'), response: form.need('response') }
    return (await secondFactors.verifyPasskey(signIn.browserOf(request, reply), answer, userId)) === userId
  }
  const used = await secondFactors.verifyCode(userId, code)
  if (used === 'recovery code') audit.record(request, 'recovery_code_used', { user: userId })
  return used !== undefined
}
