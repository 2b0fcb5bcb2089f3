// Finds and registers clients, and says who is asking. RFC 7591 and the other ways a client becomes known.
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Config } from '../../config.ts'
import { formParameters } from '../parameters.ts'
import { hashSecret, randomSecret } from '../storage/sealing.ts'
import type { Collection } from '../storage/contract.ts'
import { authenticateClient } from './authentication.ts'
import { findChatGptClient } from './chatgpt.ts'
import type { AssertionHouse } from './assertion.ts'
import { grantTypes, type Client } from './contract.ts'
import { documentUrl, findDocument, methodsOf, type CachedDocument, type ClientDocument } from './metadata-document.ts'
import { matchesRedirectUri, redirectUriProblem } from './redirect-uris.ts'
import { readRegistration, type ClientMetadata, type RegisteredClient, type StoredClient } from './registration.ts'

/** A client that nobody used is forgotten after this long; one that holds a grant is kept this long beyond it. */
const UNUSED_LIFETIME = 90 * 86_400
/** A day more or less saves a write at each refresh and each registration. */
const SLACK = 86_400

declare module 'fastify' {
  interface FastifyInstance { clients: Clients }
}

export interface Clients {
  find (id: string): Promise<Client | undefined>
  /** @throws invalid_client or invalid_request. */
  authenticate (request: FastifyRequest): Promise<Client>
  /** @throws invalid_redirect_uri or invalid_client_metadata. The secret is shown here once and kept only as a hash. */
  register (body: unknown): Promise<{ client: RegisteredClient, secret?: string }>
  /** Keeps a registered client for as long as a grant of its can live: forgetting it would strand the app that holds the id. */
  keep (client: Client, until: number): Promise<void>
}

type Options = Pick<Config, 'publicUrl' | 'clients' | 'clientMetadataHosts' | 'clientMetadataInsecureHosts'> & { tokenEndpoint: string }

export default fp(async function clients (app: FastifyInstance, options: Options) {
  const { publicUrl, clientMetadataInsecureHosts: insecureHosts } = options
  const store = app.storage.collection<StoredClient>('client')
  const ours = new Map(options.clients.map((client) => [client.client_id, fromOperator(client, publicUrl)]))
  const documents = app.storage.collection<CachedDocument>('clientDocument')
  const policy = { hosts: options.clientMetadataHosts, insecureHosts, ownOrigin: publicUrl }
  const assertions: AssertionHouse = {
    audience: [publicUrl, options.tokenEndpoint],
    used: app.storage.collection('usedAssertion'),
    keys: app.storage.collection('clientKeys'),
    insecureHosts,
    now: app.now
  }
  const find = async (id: string) => {
    const named = ours.get(id)
    if (named) return named
    const url = documentUrl(id, insecureHosts)
    if (url) return fromDocument(await findDocument(url, documents, policy, app.now, app.log))
    return toClient(id, await store.find(recordOf(id))) ?? findChatGptClient(id)
  }

  app.decorate('clients', {
    find,
    authenticate: (request) => authenticateClient(request.headers.authorization, formParameters(request), find, assertions),
    async register (body) {
      const metadata = readRegistration(body, publicUrl)
      const secret = metadata.token_endpoint_auth_method === 'none' ? undefined : `mcp_cs_${randomSecret()}`
      const id = secret ? `mcp_client_${randomSecret(16)}` : sharedId(metadata)
      const registeredAt = Math.floor(app.now())
      const keptUntil = registeredAt + UNUSED_LIFETIME
      const record: StoredClient = { ...(secret && { secretHash: hashSecret(secret) }), keptUntil, metadata }
      await store.update(recordOf(id), (found) => found && found.keptUntil >= keptUntil - SLACK
        ? { result: undefined }
        : { write: { record, ttl: UNUSED_LIFETIME }, result: undefined })
      return { client: { id, registeredAt, metadata }, ...(secret && { secret }) }
    },
    keep: (client, until) => keep(store, client, until, app.now())
  })
}, { name: 'clients', dependencies: ['storage'] })

async function keep (store: Collection<StoredClient>, { id, keptUntil: known }: Client, until: number, now: number): Promise<void> {
  const keptUntil = until + UNUSED_LIFETIME
  if (known === undefined || known >= keptUntil - SLACK) return
  await store.update(recordOf(id), (found) => {
    if (!found || found.keptUntil >= keptUntil - SLACK) return { result: undefined }
    return { write: { record: { ...found, keptUntil }, ttl: keptUntil - now }, result: undefined }
  })
}

/**
 * Hosted clients register anew for each connection, with the same metadata. A client without a secret is nothing but its
 * metadata, so all that say the same share one record: the id names it, and a random part makes the id its own.
 */
const sharedId = (metadata: ClientMetadata): string => `mcp_client_${hashSecret(JSON.stringify(metadata)).slice(0, 32)}.${randomSecret(12)}`
const recordOf = (id: string): string => id.split('.', 1)[0]!

/** @throws Error for a redirect URI that no client may have: the operator is told at the start. */
function fromOperator ({ client_id: id, client_name: name, client_secret: secret, redirect_uris: uris }: Config['clients'][number], ownOrigin: string): Client {
  for (const uri of uris) {
    const problem = redirectUriProblem(uri, ownOrigin)
    if (problem) throw new Error(`CLIENTS: the redirect URI ${uri} of ${id} ${problem}`)
  }
  return {
    id,
    name: name ?? id,
    kind: 'operator',
    ...(secret && { secretHash: hashSecret(secret) }),
    grantTypes: [...grantTypes],
    ownsRedirectUri: (asked) => uris.some((registered) => matchesRedirectUri(registered, asked)),
    onlyRedirectUri: uris.length === 1 ? uris[0] : undefined
  }
}

/** A metadata document as a client. Every one gets refresh tokens: without them its user would sign in again each hour. */
function fromDocument (found: ClientDocument): Client {
  const methods = methodsOf(found)
  const { jwks, jwks_uri: jwksUri } = found
  return {
    id: found.client_id,
    name: found.client_name,
    kind: 'document',
    ...(methods.includes('private_key_jwt') && { assertion: { ...(jwks && { jwks }), ...(jwksUri && { jwksUri }), required: !methods.includes('none') } }),
    grantTypes: [...grantTypes],
    ...(found.client_uri && { uri: found.client_uri }),
    ownsRedirectUri: (uri) => found.redirect_uris.some((registered) => matchesRedirectUri(registered, uri)),
    onlyRedirectUri: found.redirect_uris.length === 1 ? found.redirect_uris[0] : undefined
  }
}

function toClient (id: string, found: StoredClient | undefined): Client | undefined {
  if (!found || (found.secretHash === undefined) !== id.includes('.')) return undefined
  const { metadata } = found
  return {
    id,
    name: metadata.client_name,
    kind: 'registered',
    ...(found.secretHash && { secretHash: found.secretHash }),
    grantTypes: metadata.grant_types,
    ...(metadata.client_uri && { uri: metadata.client_uri }),
    keptUntil: found.keptUntil,
    ownsRedirectUri: (uri) => metadata.redirect_uris.some((registered) => matchesRedirectUri(registered, uri)),
    onlyRedirectUri: metadata.redirect_uris.length === 1 ? metadata.redirect_uris[0] : undefined
  }
}
