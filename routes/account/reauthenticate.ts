// Before a way to sign in is added or removed, or the account deleted: the person shows anew who they are, with their
// password or another sign-in (OWASP ASVS 7.5.1).
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { invalidRequest } from '../../errors.ts'
import { paths, withInteraction } from '../../paths.ts'
import type { PageData } from '../../plugins/pages/page-data.ts'
import { formParameters } from '../../plugins/oauth/parameters.ts'
import type { User } from '../../plugins/sign-in/contract.ts'
import { localAccountOf, localAccountsOf, withPassword, WRONG_PASSWORD } from './password-account.ts'
import { checkForm } from './guard.ts'

/** Asks for the proof, and leads back to `path` of these pages afterwards. */
export async function askForProof (
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  user: User,
  path: string,
  error?: string
): Promise<FastifyReply> {
  return reply.page('prove', await describe(app, request, user, path, error), error === undefined ? 200 : 401)
}

async function describe (
  app: FastifyInstance,
  request: FastifyRequest,
  user: User,
  path: string,
  error?: string
): Promise<PageData['prove']> {
  const [own] = await localAccountsOf(app, user)
  return {
    path,
    token: app.signIn.forms.token(request),
    ...(own && { password: { backend: own.backend, email: own.account.email } }),
    ...(error !== undefined && { error }),
    actions: { prove: paths.accountProve, account: paths.account }
  }
}

export default async function prove (app: FastifyInstance) {
  app.post(paths.accountProve, async (request, reply) => {
    const user = await checkForm(app, request)
    const form = formParameters(request)
    const path = form.need('path')
    // Where it leads afterwards is one of these pages, whatever the form says.
    if (!/^\/account(?:\/[a-z-]+)*(?:\?way=[\w-]{43})?$/.test(path)) { throw invalidRequest('path is not a page of the account') }
    const password = form.get('password')
    if (password === undefined) {
      return reply.redirect(
        withInteraction(
          paths.login,
          await app.signIn.interactions.begin(request, reply, { kind: 'visit', path, again: true })
        ),
        303
      )
    }
    const kept = await localAccountOf(app, user, form.get('backend'))
    if (
      !(await withPassword(app, request, user, kept, () => kept.accounts.checkPassword(kept.account.subject, password)))
    ) {
      return askForProof(app, request, reply, user, path, WRONG_PASSWORD)
    }
    await app.signIn.methods.prove(request, reply)
    return reply.redirect(path, 303)
  })
}
