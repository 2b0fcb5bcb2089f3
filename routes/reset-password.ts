// Choosing a new password by a link: it ends every session, and what others may hold of the account (OWASP "Forgot
// Password"; threats AC-03, AC-04).
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Config } from '../config/index.ts'
import { invalidRequest } from '../errors.ts'
import { paths } from '../paths.ts'
import type { LiveLink } from '../plugins/accounts/email-links.ts'
import { sendPasswordChanged } from '../plugins/accounts/messages.ts'
import type { PageData } from '../plugins/pages/page-data.ts'
import { formParameters, queryParameters, type Parameters } from '../plugins/oauth/parameters.ts'
import type { IdentityKey } from '../plugins/sign-in/contract.ts'

export default async function resetPassword (app: FastifyInstance, { publicUrl }: Pick<Config, 'publicUrl'>) {
  async function describe (secret: string, link: LiveLink): Promise<PageData['reset']> {
    const { email, account, user } = link
    const apps = user ? await app.grants.listByUser(user.id) : []
    const ways = (user?.identities ?? []).filter((identity) => isOther(identity, link))
    return {
      link: secret,
      email,
      // Who made an account that nobody has ever shown to own keeps nothing of it.
      ...(account.verified && {
        asks: {
          apps: apps.length,
          ticked: true,
          ways: ways.map(({ backend, email: address }) =>
            [app.signIn.backends.get(backend)?.title ?? backend, address].filter(Boolean).join(': ')
          )
        }
      }),
      actions: { reset: paths.resetPassword }
    }
  }

  // Who comes here has no sign-in under way that would count them.
  app.addHook('onRequest', (request) => app.limits.attempt('authorization', request))

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
    if (problem !== undefined) return reply.page('reset', { ...(await describe(secret!, link)), error: problem }, 400)
    if (!(await accounts.setPassword(account, next, { verified: link.by === 'mail' }))) throw linkExpired()
    const ended = await endOthers(request, link, form)
    if (link.by === 'mail') sendPasswordChanged(app, email, publicUrl + paths.forgotPassword)
    return reply.page('message', {
      title: 'Your password is changed',
      text: `Every browser that was signed in to your account is signed out. ${ended.apps ? 'The apps that were connected are disconnected.' : 'Apps you connected stay connected; the account page ends them.'}`,
      ...(ended.ways && { detail: 'Other ways to sign in to the account are removed.' }),
      action: { label: 'Sign in', href: paths.login }
    })
  })

  /**
   * Ends what others may hold of the account: always every session, and whatever the person leaves ticked, or all of it
   * where nobody had ever shown the mailbox.
   */
  async function endOthers (
    request: FastifyRequest,
    link: LiveLink,
    form: Parameters
  ): Promise<{ apps: boolean; ways: boolean }> {
    const { backend, account, user } = link
    if (!user) return { apps: false, ways: false }
    const { lifecycle } = app.signIn
    await lifecycle.signOutEverywhere(user.id)
    const apps = !account.verified || form.get('apps') === 'end'
    if (apps) await lifecycle.disconnectApps(user.id)
    const removed =
      !account.verified || form.get('ways') === 'remove'
        ? await lifecycle.removeSignInMethods(user.id, (identity) => isOther(identity, link))
        : []
    app.audit.record(request, 'account_changed', { user: user.id, backend, reason: 'password' })
    for (const way of removed) { app.audit.record(request, 'account_changed', { user: user.id, backend: way.backend, reason: 'way removed' }) }
    return { apps, ways: removed.length > 0 }
  }
}

/** Whether an identity is another than that of the account of the link. */
const isOther = ({ backend, subject }: IdentityKey, link: LiveLink): boolean =>
  backend !== link.backend || subject !== link.account.subject

const linkExpired = () =>
  invalidRequest(
    'This link was used, is older than 30 minutes, is not whole, or no longer counts because the account was changed since. Ask for a new one.'
  )
