// Ends what programs may do: an app of one person or of everyone, and access keys.
// Tested in test/plugins/administration/access.test.ts and test/routes/admin/apps.test.ts.
import type { FastifyInstance } from 'fastify'
import { invalidRequest } from '../../errors.ts'
import { ofKey } from '../access-keys/access.ts'
import { ofGrant } from '../observability/audit/index.ts'
import type { Grant } from '../oauth/grants/contract.ts'
import { audited } from './audited.ts'
import type { AccessActions, Actor } from './contract.ts'

export function createAccessActions (app: FastifyInstance): AccessActions {
  async function end (actor: Actor, grant: Grant): Promise<void> {
    await app.grants.revoke(grant.id)
    audited(app, actor, 'revocation', ofGrant(grant))
  }

  return {
    async endGrant (actor, userId, grantId) {
      const grant = (await app.grants.listByUser(userId)).find(({ id }) => id === grantId)
      if (!grant) throw invalidRequest({ key: 'admin-people.appGone' })
      await end(actor, grant)
      return grant
    },
    async endApp (actor, clientId) {
      let ended = 0
      // An app that keeps a code back would be connected again by it (threat AD-07).
      for await (const grant of app.grants.allOf(clientId)) {
        await end(actor, grant)
        ended++
      }
      return ended
    },
    async revokeKey (actor, keyId) {
      const key = await app.accessKeys.revoke(keyId)
      if (!key) throw invalidRequest({ key: 'admin-people.keyGone' })
      audited(app, actor, 'key_revoked', ofKey(key))
      return key
    }
  }
}
