// A forgotten password: a link by mail, or from the operator, lets a new one be chosen. What is answered, and how soon, does not depend on whether there is an account (threat LG-14).
import type { FastifyInstance } from 'fastify'
import type { OwnAccounts } from '../auth-backends/contract.ts'
import type { Config } from '../config.ts'
import { invalidRequest } from '../errors.ts'
import { paths, withSecret } from '../paths.ts'
import { formParameters, queryParameters } from '../plugins/parameters.ts'

const SENT = 'If there is an account with this address, a message is on its way. The link in it works once, for 30 minutes.'

export default async function password (app: FastifyInstance, { publicUrl }: Pick<Config, 'publicUrl'>) {
  const keepers = [...app.signIn.backends].flatMap(([id, { accounts }]) => accounts ? [{ id, accounts }] : [])
  const home = { label: 'To the start page', href: paths.home }

  // Who comes here has no sign-in under way that would count them.
  app.addHook('onRequest', (request) => app.limits.attempt('authorization', request))

  app.get(paths.forgotPassword, async (_request, reply) => {
    if (!app.mail.isOn || keepers.length === 0) {
      return reply.page('message', { title: 'Forgot your password?', text: 'This server sends no mail. Ask the person who runs it for a link to choose a new password.', action: home })
    }
    return reply.page('forgot', { actions: { forgot: paths.forgotPassword } })
  })

  app.post(paths.forgotPassword, async (request, reply) => {
    await app.limits.attempt('sign-in', request)
    const email = formParameters(request).need('email').slice(0, 254)
    // Nobody waits for it, so that nobody can time it.
    if (app.mail.isOn) Promise.all(keepers.map(({ id, accounts }) => sendLink(id, accounts, email))).catch((error: unknown) => { request.log.error({ err: error }, 'a link could not be sent') })
    return reply.page('message', { title: 'Look into your mailbox', text: SENT, detail: 'Nothing there? Look into the spam folder, and check the address.', action: home })
  })

  async function sendLink (backend: string, accounts: OwnAccounts, email: string): Promise<void> {
    const account = await accounts.find(email)
    if (!account) return
    const secret = await app.accountLinks.issue({ purpose: 'reset', backend, subject: account.subject, email: account.email })
    app.mail.send({
      to: account.email,
      subject: 'Choose a new password',
      text: `Somebody, most likely you, asked for a new password at ${publicUrl}.\n\nOpen this link within 30 minutes to choose one:\n${withSecret(publicUrl + paths.resetPassword, secret)}\n\nIf it was not you, do nothing: your password stays as it is.\n`
    })
  }

  app.get(paths.resetPassword, async (request, reply) => {
    const secret = queryParameters(request).get('link')
    const link = await app.accountLinks.find('reset', secret)
    if (!link) throw linkExpired()
    return reply.page('reset', { link: secret!, email: link.email, actions: { reset: paths.resetPassword } })
  })

  app.post(paths.resetPassword, async (request, reply) => {
    await app.limits.attempt('sign-in', request)
    const form = formParameters(request)
    const secret = form.get('link')
    const link = await app.accountLinks.find('reset', secret)
    const accounts = link && app.signIn.backends.get(link.backend)?.accounts
    if (!link || !accounts) throw linkExpired()
    const next = form.need('password')
    const before = await accounts.find(link.email)
    if (before?.subject !== link.subject) throw linkExpired()
    // A password that will not do costs no link.
    const problem = await accounts.passwordProblem(link.email, next)
    if (problem !== undefined) return reply.page('reset', { link: secret!, email: link.email, error: problem, actions: { reset: paths.resetPassword } }, 400)
    if (!await app.accountLinks.take('reset', secret)) throw linkExpired()
    await accounts.setPassword(link.email, next)
    const user = await app.signIn.people.findByIdentity({ backend: link.backend, subject: link.subject })
    if (user) {
      await app.signIn.people.signOutEverywhere(user.id)
      app.audit.record(request, 'account_changed', { user: user.id, backend: link.backend, reason: 'password' })
    }
    return reply.page('message', { title: 'Your password is changed', text: 'Every browser that was signed in to your account is signed out. Apps you connected stay connected; the account page ends them.', action: { label: 'Sign in', href: paths.login } })
  })
}

const linkExpired = () => invalidRequest('This link was used, is older than 30 minutes, or is not whole. Ask for a new one.')
