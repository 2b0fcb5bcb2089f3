// What every grant type of the token endpoint does: one function from an authenticated client and its form to tokens
// (OAuth 2.1 §3.2).
// Types only.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Client } from '../../plugins/oauth/clients/contract.ts'
import type { TokenSet } from '../../plugins/oauth/grants/contract.ts'
import type { Parameters } from '../../plugins/oauth/parameters.ts'

export interface TokenRequest {
  app: FastifyInstance
  request: FastifyRequest
  /** Authenticated. */
  client: Client
  form: Parameters
  /** What `resource` may name, canonical first. */
  resources: readonly string[]
}

/** Redeems what the form holds. Every refusal comes before anything is consumed. */
export type GrantHandler = (request: TokenRequest) => Promise<TokenSet>
