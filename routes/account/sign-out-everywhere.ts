// The button that ends every session of the person, and ends what else they choose (OWASP ASVS 7.4.3).
import type { FastifyInstance } from 'fastify'
import { formParameters } from '../../plugins/oauth/parameters.ts'
import { checkForm } from './guard.ts'
import { askForProof } from './reauthenticate.ts'
import { describeAppsAfter } from '../../plugins/accounts/describe-apps.ts'
import { endKeys } from '../../plugins/accounts/end-keys.ts'
import { noteRemovedMethods } from '../../plugins/accounts/removed-methods.ts'

export default async function signOutEverywhere (app: FastifyInstance) {
  const { paths } = app
  const { lifecycle, methods, sessions } = app.signIn

  app.post(paths.accountSignOut, async (request, reply) => {
    const user = await checkForm(app, request)
    const form = formParameters(request)
    const endsApps = form.get('apps') === 'end'
    const removesMethods = form.get('ways') === 'remove'
    if (removesMethods && !(await methods.isFresh(request))) {
      return askForProof(app, request, reply, user, paths.account)
    }
    const backend = (await sessions.current(request))?.backend
    const removed = removesMethods ? await methods.remove(request, (identity) => identity.backend !== backend) : []
    await lifecycle.signOutEverywhere(user.id)
    if (endsApps) await lifecycle.disconnectApps(user.id)
    const keys = await endKeys(app, request, user.id, form.get('keys') === 'end')
    await sessions.signOut(request, reply)
    app.audit.record(request, 'sign_out_everywhere', { user: user.id, backend: user.backend })
    noteRemovedMethods(app, request, user, removed)
    return reply.page('message', {
      title: 'You are signed out everywhere',
      text: `No browser is signed in to your account now. ${describeAppsAfter(request.words, endsApps, keys)}`,
      ...(removed.length > 0 && { detail: 'The other sign-in methods of the account are removed.' }),
      action: { label: 'Sign in again', href: paths.account }
    })
  })
}
