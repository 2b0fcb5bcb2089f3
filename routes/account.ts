// The account page: the apps a person has connected, and the button that ends each at once.
import type { FastifyInstance } from 'fastify'
import { invalidRequest } from '../errors.ts'
import { paths, withInteraction } from '../paths.ts'
import { describeRedirectUri } from '../plugins/clients/redirect-uris.ts'
import type { Grant } from '../plugins/grants/contract.ts'
import { formParameters } from '../plugins/parameters.ts'
import { describeScopes } from '../plugins/scopes.ts'
import { displayName } from '../plugins/sign-in/users.ts'

export default async function account (app: FastifyInstance) {
  app.get(paths.account, async (request, reply) => {
    const user = await app.signIn.user(request)
    if (!user) return reply.redirect(withInteraction(paths.login, await app.signIn.park(request, reply, { kind: 'visit', path: paths.account })), 303)
    return reply.page('account', {
      user: { name: displayName(user), ...(user.name && user.email && { detail: user.email }) },
      apps: (await app.grants.listByUser(user.id)).map(describe),
      token: app.signIn.formToken(request),
      actions: { revoke: paths.accountRevoke, logout: paths.logout, home: paths.home }
    })
  })

  app.post(paths.accountRevoke, async (request, reply) => {
    const form = formParameters(request)
    app.signIn.checkFormToken(request, form.get('token'))
    const user = await app.signIn.user(request)
    // Only from the person's own list: an id from a form is not a right.
    const grant = user && (await app.grants.listByUser(user.id)).find(({ id }) => id === form.get('app'))
    if (!grant) throw invalidRequest('This app is not, or no longer, connected to your account.')
    await app.grants.revoke(grant.id)
    return reply.redirect(paths.account, 303)
  })
}

const day = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10)

const describe = (grant: Grant) => ({
  id: grant.id,
  name: grant.clientName,
  ...describeRedirectUri(grant.code.redirectUri),
  scopes: describeScopes(grant.scopes).map(({ text }) => text),
  connected: day(grant.createdAt),
  lastSeen: day(grant.refresh?.rotatedAt ?? grant.createdAt)
})
