// A forgotten password: a link by mail, or from the operator, lets a new one be chosen. What is answered, and how soon, does not depend on whether there is an account (threat LG-14).
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { OwnAccounts } from '../auth-backends/contract.ts'
import type { Config } from '../config.ts'
import { invalidRequest } from '../errors.ts'
import { paths, withSecret } from '../paths.ts'
import type { LiveLink } from '../plugins/account-links.ts'
import { sendPasswordChanged } from '../plugins/confirmations.ts'
import type { PageData } from '../plugins/page-data.ts'
import { formParameters, queryParameters, type Parameters } from '../plugins/parameters.ts'
import type { IdentityKey } from '../plugins/sign-in/contract.ts'

const SENT = 'If there is an account with this address, a message is on its way. The link in it works once, for 30 minutes.'
const MAX_EMAIL_CHARACTERS = 254

export default async function password (app: FastifyInstance, { publicUrl }: Pick<Config, 'publicUrl'>) {
  const keepers = [...app.signIn.backends].flatMap(([id, { accounts }]) => accounts ? [{ id, accounts }] : [])
  const home = { label: 'To the start page', href: paths.home }

  app.get(paths.forgotPassword, async (_request, reply) => {
    if (!app.mail.isOn || keepers.length === 0) {
      return reply.page('message', { title: 'Forgot your password?', text: 'This server sends no mail. Ask the person who runs it for a link to choose a new password.', action: home })
    }
    return reply.page('forgot', { actions: { forgot: paths.forgotPassword } })
  })

  app.post(paths.forgotPassword, async (request, reply) => {
    await app.limits.attempt('sign-in', request)
    const email = formParameters(request).need('email').slice(0, MAX_EMAIL_CHARACTERS)
    // Nobody waits for it, so that nobody can time it.
    if (app.mail.isOn) Promise.all(keepers.map(({ id, accounts }) => sendLink(id, accounts, email))).catch((error: unknown) => { request.log.error({ err: error }, 'a link could not be sent') })
    return reply.page('message', {
      title: 'Look into your mailbox',
      text: SENT,
      detail: 'Nothing there? Look into the spam folder, and check the address. An address gets at most one such message in ten minutes.',
      action: home
    })
  })

  async function sendLink (backend: string, accounts: OwnAccounts, email: string): Promise<void> {
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

  async function describe (secret: string, link: LiveLink): Promise<PageData['reset']> {
    const { email, account, user } = link
    const apps = user ? await app.grants.listByUser(user.id) : []
    const ways = (user?.identities ?? []).filter((identity) => isOther(identity, link))
    return {
      link: secret,
      email,
      // Who made an account that nobody has ever shown to own keeps nothing of it.
      ...(account.verified && { asks: { apps: apps.length, ways: ways.map(({ backend, email: address }) => [app.signIn.backends.get(backend)?.title ?? backend, address].filter(Boolean).join(': ')) } }),
      actions: { reset: paths.resetPassword }
    }
  }

  app.get(paths.resetPassword, async (request, reply) => {
    const secret = queryParameters(request).get('link')
    const link = await app.accountLinks.find('reset', secret)
    if (!link) throw linkExpired()
    return reply.page('reset', await describe(secret!, link))
  })

  app.post(paths.resetPassword, async (request, reply) => {
    await app.limits.attempt('sign-in', request)
    const form = formParameters(request)
    const secret = form.get('link')
    const link = await app.accountLinks.find('reset', secret)
    if (!link) throw linkExpired()
    const { accounts, account, email } = link
    const next = form.need('password')
    // A password that will not do costs no link.
    const problem = await accounts.passwordProblem(account.email, next)
    if (problem !== undefined) return reply.page('reset', { ...await describe(secret!, link), error: problem }, 400)
    if (!await accounts.setPassword(account, next, { verified: link.by === 'mail' })) throw linkExpired()
    const ended = await endOthers(request, link, form)
    if (link.by === 'mail') sendPasswordChanged(app, email, publicUrl + paths.forgotPassword)
    return reply.page('message', {
      title: 'Your password is changed',
      text: `Every browser that was signed in to your account is signed out. ${ended.apps ? 'The apps that were connected are disconnected.' : 'Apps you connected stay connected; the account page ends them.'}`,
      ...(ended.ways && { detail: 'Other ways to sign in to the account are removed.' }),
      action: { label: 'Sign in', href: paths.login }
    })
  })

  /** Ends what others may hold of the account: always every session, and whatever the person leaves ticked, or all of it where nobody had ever shown the mailbox. */
  async function endOthers (request: FastifyRequest, link: LiveLink, form: Parameters): Promise<{ apps: boolean, ways: boolean }> {
    const { backend, account, user } = link
    if (!user) return { apps: false, ways: false }
    const { people } = app.signIn
    await people.signOutEverywhere(user.id)
    const apps = !account.verified || form.get('apps') === 'end'
    if (apps) await people.disconnectApps(user.id)
    const removed = !account.verified || form.get('ways') === 'remove' ? await people.removeWays(user.id, (identity) => isOther(identity, link)) : []
    app.audit.record(request, 'account_changed', { user: user.id, backend, reason: 'password' })
    for (const way of removed) app.audit.record(request, 'account_changed', { user: user.id, backend: way.backend, reason: 'way removed' })
    return { apps, ways: removed.length > 0 }
  }
}

/** Whether an identity is another than that of the account of the link. */
const isOther = ({ backend, subject }: IdentityKey, link: LiveLink): boolean => backend !== link.backend || subject !== link.account.subject

const linkExpired = () => invalidRequest('This link was used, is older than 30 minutes, is not whole, or no longer counts because the account was changed since. Ask for a new one.')
