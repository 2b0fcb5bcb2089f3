// What every grant type of the token endpoint does: one function from a proven client and its form to tokens (OAuth 2.1
// §3.2).
import type { FastifyInstance } from 'fastify'
import type { Client } from '../../plugins/oauth/clients/contract.ts'
import type { TokenSet } from '../../plugins/oauth/grants/contract.ts'
import type { Parameters } from '../../plugins/oauth/parameters.ts'

/**
 * Redeems what the form holds, for a client that has proven itself. `resources`: what `resource` may name, canonical
 * first.
 */
export type GrantHandler = (
  app: FastifyInstance,
  client: Client,
  form: Parameters,
  resources: readonly string[]
) => Promise<TokenSet>
