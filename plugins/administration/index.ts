// Decorates the app with `administration`: what can be done with people, by owners and by the operator.
// Tested in test/plugins/administration/.
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config/index.ts'
import { createAccessActions } from './access.ts'
import type { Administration } from './contract.ts'
import { createInvitationActions } from './invitations.ts'
import { createOwnerActions } from './owners.ts'
import { createPeopleActions } from './people.ts'

declare module 'fastify' {
  interface FastifyInstance {
    administration: Administration
  }
}

type Options = Pick<Config, 'ownerEmails' | 'allowedEmails'> & {
  /** The URL of an invitation. */
  invitationUrl: (secret: string) => string
}

export default fp(
  async function administration (app: FastifyInstance, options: Options) {
    const owners = createOwnerActions(app, options)
    app.decorate('administration', {
      ...owners.actions,
      ...createPeopleActions(app, owners),
      ...createAccessActions(app),
      ...createInvitationActions(app, options)
    } satisfies Administration)
  },
  { name: 'administration', dependencies: ['accounts', 'sign-in', 'grants', 'access-keys', 'mail'] }
)
