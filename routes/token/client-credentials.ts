// grant_type=client_credentials: a service that the operator wrote into CLIENTS
// gets an access token of its own, and nothing to refresh it with (RFC 6749 §4.4,
// RFC 8707 §2.2).
import { invalidScope, unauthorizedClient } from '../../errors.ts'
import { checkResource } from '../../plugins/oauth/resource-indicator.ts'
import { resourceScopes } from '../../plugins/oauth/scopes.ts'
import type { GrantHandler } from './contract.ts'

export const clientCredentials: GrantHandler = async ({
  app,
  request,
  client: { id: clientId, service },
  form,
  resources
}) => {
  if (!service) {
    throw unauthorizedClient('the client did not register for client_credentials')
  }
  const resource = checkResource(form.getAll('resource'), resources)
  const scopes = scopesOf(form.get('scope'), service.scopes)
  const countShare = app.limits.checkShare('service', clientId, request)
  const attempt = app.audit.attemptOf(request)
  const issued = await app.grants.issueToService({
    clientId,
    service,
    scopes,
    resource,
    attempt
  })
  countShare()
  return issued
}

/**
 * RFC 6749 §3.3: never more than is registered. The official clients ask for
 * every scope that the challenge of the endpoint names: what the service may not
 * have of these is left out, and the answer says what it got.
 * @throws invalid_scope when nothing is left, and for a scope that is about a person.
 */
function scopesOf (asked: string | undefined, registered: readonly string[]): string[] {
  if (asked === undefined) return [...registered]
  const wanted = asked.split(' ').filter(Boolean)
  const isForService = (scope: string) => resourceScopes.some((known) => known === scope)
  const granted = registered.filter((scope) => wanted.includes(scope))
  if (granted.length > 0 && wanted.every(isForService)) return granted
  throw invalidScope(
    `a service may ask for ${registered.join(' ')}, which the operator gave it`
  )
}
