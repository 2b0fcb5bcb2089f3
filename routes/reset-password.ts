// Choosing a new password by a link. What else may be ended with it is asked of people who have verified the mailbox
// before (OWASP "Forgot Password"; threats AC-03, AC-04).
import type { FastifyInstance } from 'fastify'
import type { Words } from '../languages/index.ts'
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
    show: async (opened, reply) => reply.page('reset', await describe(app, reply.request.words, opened)),
    async use (opened, request, reply) {
      const { words } = request
      const { form, link } = opened
      const outcome = await app.accounts.resetPassword(request, {
        link,
        password: form.need('password'),
        endApps: form.get('apps') === 'end',
        endKeys: form.get('keys') === 'end',
        removeOthers: form.get('ways') === 'remove'
      })
      if (outcome.kind === 'expired') return false
      if (outcome.kind === 'refused') {
        await reply.page('reset', { ...(await describe(app, words, opened)), error: words.say(outcome.problem) }, 400)
        return true
      }
      await reply.page('message', {
        title: words.text('sign-up.changedTitle'),
        text: words.text('sign-up.changed', { others: outcome.others ? 'removed' : 'kept' }),
        detail: describeAppsAfter(words, outcome.apps, outcome.keys),
        action: { label: words.text('common.signIn'), href: paths.login }
      })
      return true
    }
  })
}

async function describe (app: FastifyInstance, { say }: Words, { secret, link }: OpenedLink): Promise<PageData['reset']> {
  const { paths } = app
  const { email, account, user } = link
  const apps = user ? await app.grants.listByUser(user.id) : []
  const keys = user ? await app.accessKeys.listByUser(user.id) : []
  const others = (user?.identities ?? []).filter((identity) => isOtherIdentity(identity, link))
  const titleOf = (backend: string) => say(app.signIn.backends.get(backend)?.title ?? backend)
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
