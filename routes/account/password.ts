// Changing one's own password: the present one is asked for, the new one is held to the rule of sign-up, and every other browser is signed out (OWASP ASVS 6.2.3, 7.4.3).
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config.ts'
import { paths } from '../../paths.ts'
import { sendPasswordChanged } from '../../plugins/confirmations.ts'
import type { PageData } from '../../plugins/page-data.ts'
import { formParameters, queryParameters } from '../../plugins/parameters.ts'
import { keptAccount, withPassword, WRONG_PASSWORD, type Kept } from './own.ts'
import { checkForm, signInFirst } from './person.ts'

export default async function changePassword (app: FastifyInstance, { publicUrl }: Pick<Config, 'publicUrl'>) {
  const describe = ({ backend, account }: Kept, token: string): PageData['password'] =>
    ({ backend, email: account.email, token, actions: { change: paths.accountPassword, account: paths.account, forgot: paths.forgotPassword } })

  app.get(paths.accountPassword, async (request, reply) => {
    const user = await app.signIn.user(request)
    if (!user) return signInFirst(app, request, reply, paths.accountPassword)
    return reply.page('password', describe(await keptAccount(app, user, queryParameters(request).get('backend')), app.signIn.formToken(request)))
  })

  app.post(paths.accountPassword, async (request, reply) => {
    const user = await checkForm(app, request)
    const form = formParameters(request)
    const kept = await keptAccount(app, user, form.get('backend'))
    const { backend, accounts, account } = kept
    const [present, next] = [form.need('present'), form.need('next')]
    const page = describe(kept, form.need('token'))
    const wrongPassword = () => reply.page('password', { ...page, error: { field: 'present', message: WRONG_PASSWORD } }, 401)
    // Counted and shown to be the person first: the estimate of the new password is work for the server.
    if (!await withPassword(app, request, user, kept, () => accounts.checkPassword(account.subject, present))) return wrongPassword()
    const problem = await accounts.passwordProblem(account.email, next)
    if (problem !== undefined) return reply.page('password', { ...page, error: { field: 'next', message: problem } }, 400)
    // Another change may have come first.
    if (!await accounts.changePassword(account.subject, { present, next })) return wrongPassword()
    await app.signIn.signOutOthers(request, reply, user.id)
    app.audit.record(request, 'account_changed', { user: user.id, backend, reason: 'password' })
    sendPasswordChanged(app, account.email, publicUrl + paths.forgotPassword)
    return reply.page('message', {
      title: 'Your password is changed',
      text: 'Every other browser that was signed in to your account is signed out. Apps you connected stay connected; the account page ends them.',
      action: { label: 'To your account', href: paths.account }
    })
  })
}
