// What the consent page says of the app: its name, what is verified of it, and what is not (MCP security best practices,
// "Consent UI"; threat CL-09).
// Tested in test/routes/authorize/describe-client.test.ts and test/plugins/oauth/clients/verified-host.test.ts.
import type { FastifyInstance } from 'fastify'
import { invalidClient } from '../../errors.ts'
import type { Client } from '../../plugins/oauth/clients/contract.ts'
import { describeRedirectUri } from '../../plugins/oauth/clients/redirect-uris.ts'
import type { VerifiedHost } from '../../plugins/oauth/clients/verified-host.ts'
import type { PageData } from '../../plugins/pages/page-data.ts'
import type { AuthorizationRequest } from '../../plugins/sign-in/intent.ts'

type Shown = Pick<PageData['consent'], 'client' | 'redirect'>

/**
 * Fetches nothing: the page does not depend on the app's own host. @throws invalid_client for
 * an unknown app.
 */
export async function describeClient (
  app: FastifyInstance,
  { clientId, clientName, redirectUri }: AuthorizationRequest
): Promise<Shown> {
  const document = app.clients.verified(clientId, redirectUri)
  const client = await app.clients.recall(clientId)
  // Only another instance may have the metadata document in memory: the id alone still gives its host.
  if (!client && !document) throw invalidClient({ key: 'problems.forgottenApp' })
  const redirect = describeRedirectUri(redirectUri)
  return { client: { name: clientName, ...trustIn(client?.kind, document, redirect) }, redirect }
}

/**
 * A name is never verified: a host is, if its holder wrote the metadata document, or the
 * operator or we know the app.
 */
function trustIn (
  kind: Client['kind'] | undefined,
  document: VerifiedHost | undefined,
  { host, loopback }: Shown['redirect']
): Omit<Shown['client'], 'name'> {
  if (loopback) return { doubts: document ? { described: document.host } : { program: true } }
  if (!document) return kind === 'registered' ? { doubts: { name: true } } : { verified: host, doubts: {} }
  const elsewhere = document.isElsewhere && { elsewhere: host }
  return document.isKnown
    ? { verified: document.host, doubts: { ...elsewhere } }
    : { doubts: { onlyHost: document.host, ...elsewhere } }
}
