// Finds and registers clients, and says who is asking. RFC 7591 and the other ways a client becomes known.
import rateLimit from '@fastify/rate-limit'
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Config } from '../../../config/index.ts'
import { toDisplayName } from '../../display-name.ts'
import { hashSecret } from '../../secrets.ts'
import type { AssertionHouse } from './assertion.ts'
import { createKeyRing } from './assertion-keys.ts'
import { authenticateClient } from './authentication.ts'
import { findChatGptClient } from './chatgpt.ts'
import { grantTypes, type Client } from './contract.ts'
import { createDocuments } from './documents.ts'
import { createFetchGate } from './fetch-gate.ts'
import { documentUrl, methodsOf, type ClientDocument } from './metadata-document.ts'
import { matchesRedirectUri, redirectUriProblem } from './redirect-uris.ts'
import { readRegistration } from './registration.ts'
import { createRegistrations, type RegisteredClient } from './registrations.ts'
import { verifiedHost, type VerifiedHost } from './verified-host.ts'

/** Bits: whoever has one IPv6 address has all of its network. */
const IPV6_NETWORK = 64

declare module 'fastify' {
  interface FastifyInstance {
    clients: Clients
  }
}

export interface Clients {
  /** For a person whom the app has sent: the host of its metadata document may be asked. */
  find(id: string, request: FastifyRequest): Promise<Client | undefined>
  /**
   * What is at hand about a client, without asking anybody: for pages, and for whatever has to work while its host does
   * not.
   */
  recall(id: string): Promise<Client | undefined>
  /**
   * What the id of a client alone shows. Reads nothing.
   * @returns undefined unless the id is the URL of a metadata document.
   */
  verified(id: string, redirectUri: string): VerifiedHost | undefined
  /**
   * @param isHeld whether a token or code was given to the client of this id: only then is the host of a document that
   * nobody has allowed asked.
   * @throws invalid_client or invalid_request.
   */
  authenticate(request: FastifyRequest, isHeld: (token: string, clientId: string) => Promise<boolean>): Promise<Client>
  /** @throws invalid_redirect_uri or invalid_client_metadata. */
  register(body: unknown, request: FastifyRequest): Promise<RegisteredClient>
  /** A person has allowed the app: its description stays. */
  remember(id: string): Promise<void>
  /** A grant of the client lives until then: so does what is known of it. */
  keep(client: Client, until: number): Promise<void>
}

type Options = Pick<Config, 'publicUrl' | 'clients' | 'clientMetadataHosts' | 'clientMetadataInsecureHosts'> & {
  tokenEndpoint: string
}

export default fp(
  async function clients (app: FastifyInstance, options: Options) {
    const { publicUrl, clientMetadataInsecureHosts: insecureHosts, clientMetadataHosts: hosts } = options
    const { storage, sealing, now, log, limits } = app
    const gate = createFetchGate({ insecureHosts, limits, now })
    const documents = createDocuments({
      store: storage.collection('clientDocument'),
      gate,
      hosts,
      ownOrigin: publicUrl,
      now,
      log
    })
    const registrations = createRegistrations({
      store: storage.collection('client'),
      unused: storage.collection('unusedClients'),
      sealing,
      now
    })
    const ours = new Map(options.clients.map((client) => [client.client_id, fromOperator(client, publicUrl)]))
    const assertions: AssertionHouse = {
      audience: [publicUrl, options.tokenEndpoint],
      used: storage.collection('usedAssertion'),
      keys: createKeyRing({ store: storage.collection('clientKeys'), gate, now }),
      now
    }

    type Ask = (url: URL) => Promise<ClientDocument | undefined>
    async function look (id: string, ask: Ask, isHeld?: () => Promise<boolean>): Promise<Client | undefined> {
      const named = ours.get(id)
      if (named) return named
      const url = documentUrl(id, insecureHosts)
      if (!url) return (await registrations.find(id, isHeld)) ?? findChatGptClient(id)
      const found = await ask(url)
      return found && fromDocument(found)
    }
    async function remember (id: string): Promise<void> {
      const url = ours.has(id) ? undefined : documentUrl(id, insecureHosts)
      if (url) await documents.keep(url)
    }

    app.decorate('clients', {
      find: (id, request) => look(id, (url) => documents.find(url, request)),
      recall: (id) => look(id, documents.recall),
      verified: (id, redirectUri) =>
        ours.has(id) ? undefined : verifiedHost(documentUrl(id, insecureHosts), redirectUri),
      authenticate: (request, isHeld) =>
        authenticateClient(
          request,
          (id, token) => {
            const held = async () => token !== undefined && (await isHeld(token, id))
            return look(id, (url) => documents.findAllowed(url, request, held), held)
          },
          assertions
        ),
      register: async (body, request) =>
        registrations.add(readRegistration(body, publicUrl), rateLimit.normalizeIP(request.ip, IPV6_NETWORK)),
      remember,
      async keep (client, until) {
        await remember(client.id)
        await registrations.keep(client, until)
      }
    } satisfies Clients)
  },
  { name: 'clients', dependencies: ['storage', 'limits'] }
)

/** @throws Error for a redirect URI that no client may have: the operator is told at the start. */
function fromOperator (
  { client_id: id, client_name: name, client_secret: secret, redirect_uris: uris }: Config['clients'][number],
  ownOrigin: string
): Client {
  for (const uri of uris) {
    const problem = redirectUriProblem(uri, ownOrigin)
    if (problem) throw new Error(`CLIENTS: the redirect URI ${uri} of ${id} ${problem}`)
  }
  return {
    id,
    name: toDisplayName(name ?? id, id),
    kind: 'operator',
    ...(secret && { secretHash: hashSecret(secret) }),
    grantTypes: [...grantTypes],
    ownsRedirectUri: (asked) => uris.some((registered) => matchesRedirectUri(registered, asked)),
    onlyRedirectUri: uris.length === 1 ? uris[0] : undefined
  }
}

/**
 * A metadata document as a client. Every one gets refresh tokens: without them its user would sign in again each hour.
 */
function fromDocument (found: ClientDocument): Client {
  const methods = methodsOf(found)
  const { jwks, jwks_uri: jwksUri } = found
  return {
    id: found.client_id,
    name: toDisplayName(found.client_name, new URL(found.client_id).host),
    kind: 'document',
    ...(methods.includes('private_key_jwt') && {
      assertion: { ...(jwks && { jwks }), ...(jwksUri && { jwksUri }), required: !methods.includes('none') }
    }),
    grantTypes: [...grantTypes],
    ...(found.client_uri && { uri: found.client_uri }),
    ownsRedirectUri: (uri) => found.redirect_uris.some((registered) => matchesRedirectUri(registered, uri)),
    onlyRedirectUri: found.redirect_uris.length === 1 ? found.redirect_uris[0] : undefined
  }
}
