// What the audit log is told of an authorization request: which app sent whom where, and why it was refused.
// Tested in test/routes/admin/failed-requests.test.ts.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { OAuthError } from '../../errors.ts'
import type { EventDetails } from '../../plugins/observability/audit/contract.ts'
import type { Client } from '../../plugins/oauth/clients/contract.ts'
import { redirectHost } from '../../plugins/oauth/clients/redirect-uris.ts'

/**
 * Begins an attempt to connect.
 * @param client the app, if it is known: nothing is stored of any other.
 * @param redirectUri where it wants the person sent back to, allowed or not.
 * @returns what each event of the request says.
 */
export function describeRequest (
  app: FastifyInstance,
  request: FastifyRequest,
  client: Client | undefined,
  redirectUri: string | undefined
): EventDetails & { attempt: string } {
  const attempt = app.audit.beginAttempt(request, client?.attempt)
  if (!client) return { attempt }
  const redirect = redirectUri === undefined ? undefined : redirectHost(redirectUri)
  return {
    client: client.id,
    clientName: client.name,
    ...(redirect !== undefined && { redirect }),
    from: app.audit.attemptOf(request),
    attempt
  }
}

/** Records a refusal. A fault of this server is none. */
export function recordRefusal (app: FastifyInstance, request: FastifyRequest, error: unknown, about: EventDetails): void {
  if (!(error instanceof OAuthError)) return
  const isOurs = error.statusCode >= 500 && error.reason === undefined
  if (!isOurs) app.audit.recordOnce(request, 'authorization_refused', { ...about, reason: error.reason ?? error.code })
}
