// Enterprise-managed authorization: an organization's identity provider connects an app for
// a person, without a consent page (draft-ietf-oauth-identity-assertion-authz-grant-04; MCP
// extension io.modelcontextprotocol/enterprise-managed-authorization).
// Tested in test/routes/token/id-jag.test.ts.
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../../config/index.ts'
import { OAuthError } from '../../../errors.ts'
import { hashSecret } from '../../secrets.ts'
import type { HolderOf } from '../grants/contract.ts'
import { CLOCK_TOLERANCE_SECONDS, refuse, verifyIdJag, type IdJag } from './assertion.ts'
import { createIssuerKeys } from './issuer-keys.ts'

declare module 'fastify' {
  interface FastifyInstance {
    idJag: IdJags
  }
}

export interface IdJags {
  /** Whether any issuer is configured. */
  isOn: boolean
  /**
   * Changes nothing. @throws invalid_grant, or temporarily_unavailable when the issuer's
   * keys cannot be had.
   */
  verify(assertion: string): Promise<IdJag>
  /** Uses it up, in one step. @throws invalid_grant where it was used before. */
  use(verified: IdJag): Promise<void>
  /** The person whom a valid assertion for this client is about, used or not. */
  holderOf: HolderOf
}

/** Names a person of an issuer. */
export const nameOf = ({ issuer, subject }: Pick<IdJag, 'issuer' | 'subject'>): string =>
  JSON.stringify([issuer.issuer, subject])

export default fp(
  async function idJag (
    app: FastifyInstance,
    { idJagIssuers, publicUrl }: Pick<Config, 'idJagIssuers' | 'publicUrl'>
  ) {
    const { now, log, storage } = app
    const used = storage.collection<{ used: true }>('usedIdJag')
    const issuers = new Map(
      idJagIssuers.map((issuer) => {
        const keys = createIssuerKeys(issuer, { now, log })
        return [issuer.issuer, { issuer, keys }]
      })
    )
    const options = { issuers, ownIssuer: publicUrl, now }
    const verify = (assertion: string) => verifyIdJag(assertion, options)

    app.decorate('idJag', {
      isOn: issuers.size > 0,
      verify,
      async use ({ issuer, jti, exp }) {
        // Remembered for as long as any instance could take it.
        const ttl = Math.max(1, exp - now() + 2 * CLOCK_TOLERANCE_SECONDS)
        const id = hashSecret(JSON.stringify([issuer.issuer, jti]))
        const isNew = await used.create(id, { used: true }, ttl)
        if (!isNew) throw refuse('it was used before; get a new one from the identity provider')
      },
      async holderOf (assertion, clientId) {
        try {
          const verified = await verify(assertion)
          return verified.clientId === clientId ? nameOf(verified) : undefined
        } catch (error) {
          if (error instanceof OAuthError && error.code === 'invalid_grant') return undefined
          throw error
        }
      }
    } satisfies IdJags)
  },
  { name: 'id-jag', dependencies: ['storage'] }
)
