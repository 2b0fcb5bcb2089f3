// Creates and checks the token of a form that acts on the session without an interaction: no other site can create one.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { signInExpired } from '../../errors.ts'
import { equalSecrets } from '../secrets.ts'
import type { Parts } from './parts.ts'

/** Forms that act on the session without an interaction. */
export interface SessionForms {
  token(request: FastifyRequest): string
  /** @throws sign_in_expired when the form was not made for this session. */
  check(request: FastifyRequest, token: string | undefined): void
}

/** The token is a keyed hash of the session, so it needs no record. */
export function createForms ({ sealing }: FastifyInstance, { cookies }: Parts): SessionForms {
  const tokenOf = (request: FastifyRequest) => sealing.mac('form', cookies.session(request) ?? '')
  return {
    token: tokenOf,
    check (request, token) {
      if (token === undefined || !equalSecrets(token, tokenOf(request))) throw signInExpired()
    }
  }
}
