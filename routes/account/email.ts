// Changing the address of one's own account: the password is asked for, and with mail the change counts once the link
// is opened that goes to the new address (OWASP ASVS 6.3.7). What is answered does not depend on whether the address is
// taken (threat LG-15).
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config/index.ts'
import { paths, withSecret } from '../../paths.ts'
import { sendAddressChange } from '../../plugins/accounts/messages.ts'
import type { PageData } from '../../plugins/pages/page-data.ts'
import { formParameters, queryParameters } from '../../plugins/oauth/parameters.ts'
import { isAllowed } from '../../plugins/accounts/users.ts'
import { changeAddress, localAccountOf, withPassword, WRONG_PASSWORD, type LocalAccount } from './password-account.ts'
import { checkForm, signInFirst } from './guard.ts'

type Options = Pick<Config, 'publicUrl' | 'allowedEmails'>
const TAKEN = 'There is an account with this address already. Nothing was changed.'

export default async function changeEmail (app: FastifyInstance, { publicUrl, allowedEmails }: Options) {
  const describe = ({ backend, account }: LocalAccount, token: string): PageData['address'] => ({
    backend,
    email: account.email,
    sendsMail: app.mail.isOn,
    token,
    actions: { change: paths.accountEmail, account: paths.account }
  })

  function readAddress ({ account, accounts }: LocalAccount, typed: string): { email: string } | { problem: string } {
    const read = accounts.readEmail(typed)
    if ('problem' in read) return read
    if (read.email === account.email) return { problem: 'This is your address already.' }
    return isAllowed(allowedEmails, read)
      ? read
      : { problem: 'This address may not sign in here. Ask the person who runs this server to add it.' }
  }

  app.get(paths.accountEmail, async (request, reply) => {
    const user = await app.signIn.sessions.user(request)
    if (!user) return signInFirst(app, request, reply, paths.accountEmail)
    return reply.page(
      'address',
      describe(
        await localAccountOf(app, user, queryParameters(request).get('backend')),
        app.signIn.forms.token(request)
      )
    )
  })

  app.post(paths.accountEmail, async (request, reply) => {
    const user = await checkForm(app, request)
    const form = formParameters(request)
    const kept = await localAccountOf(app, user, form.get('backend'))
    const typed = form.need('email')
    const password = form.need('password')
    const page = { ...describe(kept, form.need('token')), next: typed.slice(0, 254) }
    const read = readAddress(kept, typed)
    if ('problem' in read) { return reply.page('address', { ...page, error: { field: 'email', message: read.problem } }, 400) }
    const to = read.email
    if (
      !(await withPassword(app, request, user, kept, () => kept.accounts.checkPassword(kept.account.subject, password)))
    ) {
      return reply.page('address', { ...page, error: { field: 'password', message: WRONG_PASSWORD } }, 401)
    }
    const home = { label: 'To your account', href: paths.account }
    if (app.mail.isOn) {
      // Nobody waits for it, so that nobody can time it.
      sendAddressChange(app, kept.backend, kept.accounts, {
        account: kept.account,
        to,
        changeUrl: (secret) => withSecret(publicUrl + paths.changeEmail, secret),
        forgotUrl: publicUrl + paths.forgotPassword
      }).catch((error: unknown) => {
        request.log.error({ err: error }, 'a link could not be sent')
      })
      return reply.page('message', {
        title: 'Look into your mailbox',
        text: `We sent a message to ${to}. Open the link in it within 30 minutes: your address changes then, and not before.`,
        detail: 'Nothing there? Look into the spam folder, and check the address.',
        action: home
      })
    }
    if (!(await changeAddress(app, request, reply, user, kept, { to, verified: false }))) { return reply.page('address', { ...page, error: { field: 'email', message: TAKEN } }, 409) }
    return reply.page('message', {
      title: 'Your address is changed',
      text: `From now on you sign in with ${to}. Every other browser was signed out.`,
      action: home
    })
  })
}
