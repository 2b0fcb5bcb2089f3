// Choosing a new password by a link. What else may be ended with it is asked of people who have verified the mailbox
// before (OWASP "Forgot Password"; threats AC-03, AC-04).
import type { FastifyInstance } from 'fastify'
import { describeAppsAfter } from '../plugins/accounts/describe-apps.ts'
import { linkPage, type OpenedLink } from '../plugins/accounts/link-page.ts'
import { isOtherIdentity } from '../plugins/accounts/reset-password.ts'
import type { PageData } from '../plugins/pages/page-data.ts'

export default async function resetPassword (app: FastifyInstance) {
  const { paths } = app
  linkPage(app, {
    path: paths.resetPassword,
    purpose: 'reset',
    signInPath: paths.account,
    show: async (opened, reply) => reply.page('reset', await describe(app, opened)),
    async use (opened, request, reply) {
      const { form, link } = opened
      const outcome = await app.accounts.resetPassword(request, {
        link,
        password: form.need('password'),
        endApps: form.get('apps') === 'end',
        endKeys: form.get('keys') === 'end',
        removeOthers: form.get('ways') === 'remove'
      })
      if (outcome.kind === 'expired') return undefined
      if (outcome.kind === 'refused') {
        return reply.page('reset', { ...(await describe(app, opened)), error: outcome.problem }, 400)
      }
      return reply.page('message', {
        title: 'Your password is changed',
        text: `Every browser that was signed in to your account is signed out. ${describeAppsAfter(outcome.apps, outcome.keys)}`,
        ...(outcome.others && { detail: 'The other sign-in methods of the account are removed.' }),
        action: { label: 'Sign in', href: paths.login }
      })
    }
  })
}

async function describe (app: FastifyInstance, { secret, link }: OpenedLink): Promise<PageData['reset']> {
  const { paths } = app
  const { email, account, user } = link
  const apps = user ? await app.grants.listByUser(user.id) : []
  const keys = user ? await app.accessKeys.listByUser(user.id) : []
  const others = (user?.identities ?? []).filter((identity) => isOtherIdentity(identity, link))
  const titleOf = (backend: string) => app.signIn.backends.get(backend)?.title ?? backend
  return {
    link: secret,
    email,
    // Someone who signed up with an address that was never verified keeps nothing of the account.
    ...(account.verified && {
      asks: {
        apps: apps.length,
        keys: keys.length,
        ticked: true,
        methods: others.map(({ backend, email: address }) => [titleOf(backend), address].filter(Boolean).join(': '))
      }
    }),
    actions: { reset: paths.resetPassword }
  }
}
