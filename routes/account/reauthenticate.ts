// Fresh proof of who the person is, with their password or another sign-in, before a sign-in method is added or removed
// or the account is deleted (OWASP ASVS 7.5.1; threat AW-01).
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { invalidRequest } from '../../errors.ts'
import { formParameters, type Parameters } from '../../plugins/oauth/parameters.ts'
import type { User } from '../../plugins/sign-in/contract.ts'
import { proofIntent } from '../../plugins/sign-in/intent.ts'
import { checkForm } from './guard.ts'
import { checkCurrentPassword, findLocalAccount, findLocalAccounts } from './password-account.ts'
import { askForFactor } from './second-factors/ask.ts'

/**
 * Proof always leads back to one of the account pages, even if a form names another.
 */
const BELOW_ACCOUNT = /^(?:\/[a-z-]+)*(?:\?way=[\w-]{43})?$/

/** @throws invalid_request */
export function needAccountPage ({ paths }: FastifyInstance, form: Parameters): string {
  const path = form.need('path')
  const isPage = path.startsWith(paths.account) && BELOW_ACCOUNT.test(path.slice(paths.account.length))
  if (!isPage) throw invalidRequest('path is not a page of the account')
  return path
}

/** Asks for proof, by the second factor where there is one, and leads back to `path` afterwards. */
export async function askForProof (
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  user: User,
  path: string,
  error?: string
): Promise<FastifyReply> {
  const { paths, secondFactors } = app
  if (await secondFactors.hasAny(user.id)) return askForFactor(app, request, reply, user, path)
  const [own] = await findLocalAccounts(app, user)
  const page = {
    path,
    token: app.signIn.forms.token(request),
    ...(own && { password: { backend: own.backend, email: own.account.email } }),
    ...(error !== undefined && { error }),
    actions: { prove: paths.accountProve, account: paths.account }
  }
  return reply.page('prove', page, error === undefined ? 200 : 401)
}

export default async function reauthenticate (app: FastifyInstance) {
  const { paths, signInPages } = app
  app.post(paths.accountProve, async (request, reply) => {
    const user = await checkForm(app, request)
    const form = formParameters(request)
    const path = needAccountPage(app, form)
    const password = form.get('password')
    if (password === undefined) {
      return reply.redirect(
        signInPages.login(await app.signIn.interactions.begin(request, reply, proofIntent(path))),
        303
      )
    }
    const own = await findLocalAccount(app, user, form.get('backend'))
    if (!(await checkCurrentPassword(app, request, user, own, password))) {
      return askForProof(app, request, reply, user, path, request.words.text('account.wrongPassword'))
    }
    await app.signIn.methods.noteProof(request, reply)
    return reply.redirect(path, 303)
  })
}
