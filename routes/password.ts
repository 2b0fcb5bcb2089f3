// A forgotten password: a link by mail lets a new one be chosen. What is answered, and how soon, does not depend on
// whether there is an account (threat LG-14).
import type { FastifyInstance } from 'fastify'
import type { PasswordAccounts } from '../auth-backends/contract.ts'
import type { Config } from '../config/index.ts'
import { paths, withSecret } from '../paths.ts'
import { formParameters } from '../plugins/oauth/parameters.ts'

const SENT =
  'If there is an account with this address, a message is on its way. The link in it works once, for 30 minutes.'
const MAX_EMAIL_CHARACTERS = 254

export default async function password (app: FastifyInstance, { publicUrl }: Pick<Config, 'publicUrl'>) {
  const keepers = [...app.signIn.backends].flatMap(([id, { accounts }]) => (accounts ? [{ id, accounts }] : []))
  const home = { label: 'To the start page', href: paths.home }

  // Who comes here has no sign-in under way that would count them.
  app.addHook('onRequest', (request) => app.limits.attempt('authorization', request))

  app.get(paths.forgotPassword, async (_request, reply) => {
    if (!app.mail.isOn || keepers.length === 0) {
      return reply.page('message', {
        title: 'Forgot your password?',
        text: 'This server sends no mail. Ask the person who runs it for a link to choose a new password.',
        action: home
      })
    }
    return reply.page('forgot', { actions: { forgot: paths.forgotPassword } })
  })

  app.post(paths.forgotPassword, async (request, reply) => {
    await app.limits.attempt('sign-in', request)
    const email = formParameters(request).need('email').slice(0, MAX_EMAIL_CHARACTERS)
    // Nobody waits for it, so that nobody can time it.
    if (app.mail.isOn) {
      Promise.all(keepers.map(({ id, accounts }) => sendLink(id, accounts, email))).catch((error: unknown) => {
        request.log.error({ err: error }, 'a link could not be sent')
      })
    }
    return reply.page('message', {
      title: 'Look into your mailbox',
      text: SENT,
      detail:
        'Nothing there? Look into the spam folder, and check the address. An address gets at most one such message in ten minutes.',
      action: home
    })
  })

  async function sendLink (backend: string, accounts: PasswordAccounts, email: string): Promise<void> {
    const account = await accounts.find(email)
    if (!account) {
      app.mail.pretend({ to: email, purpose: 'reset' })
      return
    }
    const secret = await app.accountLinks.issue({ purpose: 'reset', backend, account, by: 'mail' })
    app.mail.send({
      to: account.email,
      purpose: 'reset',
      subject: 'Choose a new password',
      text: `Somebody, most likely you, asked for a new password at ${publicUrl}.\n\nOpen this link within 30 minutes to choose one:\n${withSecret(publicUrl + paths.resetPassword, secret)}\n\nIf it was not you, do nothing: your password stays as it is.\n`
    })
  }
}
