// Access tokens of services: each has one grant for all of its tokens, so a
// service that asks without end fills nothing (RFC 6749 §4.4).
// Tested in test/plugins/oauth/grants/issuing.test.ts.
import { hashSecret } from '../../secrets.ts'
import { SERVICE_BACKEND, type Service } from '../services.ts'
import type { AnsweredSteps } from './answered-steps.ts'
import type { TokenSet } from './contract.ts'
import { newToken, serviceGrantId } from './token-format.ts'
import { issueToService, type Lifetimes } from './transitions.ts'

/** A request of a service that has proven itself. */
export interface ServiceRequest {
  clientId: string
  service: Service
  /** Of its own, at least one. */
  scopes: string[]
  resource: string
  attempt: string
}

/** @param now seconds since the epoch. @throws StorageUnavailable. */
export function issueServiceToken (
  { clientId, service, scopes, resource, attempt }: ServiceRequest,
  step: AnsweredSteps['step'],
  now: number,
  life: Lifetimes
): Promise<TokenSet> {
  const { user, version } = service
  const fresh = {
    id: serviceGrantId(clientId),
    clientId,
    clientName: user.name,
    user: { id: user.id, name: user.name },
    backend: SERVICE_BACKEND,
    service: version,
    scopes: [...service.scopes],
    resource,
    createdAt: now,
    endsAt: now + life.accessTokenTtl,
    attempt
  }
  const access = newToken('at', fresh.id)
  const token = { hash: hashSecret(access), scopes }
  return step(
    fresh.id,
    (grant) => issueToService(grant, fresh, token, now, life),
    () => ({ access })
  )
}
