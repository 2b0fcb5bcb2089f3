// Finds, registers and authenticates clients: those of CLIENTS, those that register (RFC 7591), those with a metadata
// document, and ChatGPT's bare ids.
// Tested in test/plugins/oauth/clients/client-ids.test.ts and test/routes/register.test.ts.
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Config } from '../../../config/index.ts'
import { networkOf, siteOf } from '../../client-address.ts'
import type { FindHolder, HolderOf } from '../grants/contract.ts'
import { createKeyRing, type KeyRing } from './assertion-keys.ts'
import type { AssertionOptions } from './assertion.ts'
import { authenticateClient } from './authentication.ts'
import { findChatGptClient } from './chatgpt.ts'
import { recordKeyOf } from './client-ids.ts'
import { createConnectedClients, type ConnectedClients } from './connected-clients.ts'
import { grantTypes, JWT_BEARER, type Client, type GrantType } from './contract.ts'
import { fromDocument, fromOperator } from './described.ts'
import { createDocuments, type ClaimedDocument, type Documents } from './documents.ts'
import { createFetchGate } from './fetch-gate.ts'
import { documentUrl } from './metadata-document.ts'
import { readRegistration } from './registration.ts'
import type { RedirectRules } from './redirect-uris.ts'
import { createRegistrations, type RegisteredClient, type Registrations } from './registrations.ts'
import { verifiedHost, type VerifiedHost } from './verified-host.ts'

declare module 'fastify' {
  interface FastifyInstance {
    clients: Clients
  }
}

export interface Clients {
  /** For a person whom the app has sent: the host of its metadata document may be asked. */
  find(id: string, request: FastifyRequest): Promise<Client | undefined>
  /** What is at hand about a client. Fetches nothing: for pages, and for what must work while the app's host does not. */
  recall(id: string): Promise<Client | undefined>
  /**
   * What the id of a client alone shows. Reads nothing.
   * @returns undefined unless the id is the URL of a metadata document.
   */
  verified(id: string, redirectUri: string): VerifiedHost | undefined
  /**
   * @param holderOf whose grant a code or token of the client of this id belongs to. Only a request that shows one uses
   * the budget of that person for asking the app's host, and has its assertion remembered.
   * @throws invalid_client or invalid_request.
   */
  authenticate(request: FastifyRequest, holderOf: HolderOf): Promise<Client>
  /**
   * @param attempt the connection attempt that it belongs to.
   * @throws invalid_redirect_uri or invalid_client_metadata.
   */
  register(body: unknown, request: FastifyRequest, attempt: string): Promise<RegisteredClient>
  /** A person has allowed the app: its metadata document is stored. */
  remember(id: string, userId: string): Promise<void>
  /** What some client may use at the token endpoint. */
  grantTypes: readonly GrantType[]
  /** A grant of the client lives until then (seconds since the epoch), and so does what is known of the client. */
  keep(client: Client, until: number, userId: string): Promise<void>
  /** Somebody is being deleted: what is known of their apps names them no more. */
  forgetPerson(userId: string): Promise<void>
}

type Options = Pick<
  Config,
  | 'publicUrl'
  | 'clients'
  | 'idJagIssuers'
  | 'allowedRedirectUris'
  | 'clientMetadataHosts'
  | 'clientMetadataInsecureHosts'
> & {
  tokenEndpoint: string
}

export default fp(
  async function clients (app: FastifyInstance, options: Options) {
    const { publicUrl, clientMetadataInsecureHosts: insecureHosts, clientMetadataHosts: hosts } = options
    const { storage, sealing, now, log, limits } = app
    const redirectRules: RedirectRules = { ownOrigin: publicUrl, privateUse: options.allowedRedirectUris }
    const gate = createFetchGate({ insecureHosts, limits, now })
    const documents = createDocuments({
      store: storage.collection('clientDocument'),
      gate,
      hosts,
      redirectRules,
      now,
      log
    })
    const registrations = createRegistrations({
      store: storage.collection('client'),
      unused: storage.collection('unusedClients'),
      sealing,
      redirectRules,
      now
    })
    const connected = createConnectedClients(
      {
        lists: storage.collection('connectedClients'),
        holders: storage.collection('clientHolders'),
        people: app.userStore.records
      },
      now
    )
    const keys = createKeyRing({ store: storage.collection('clientKeys'), gate, now })
    const assertions: AssertionOptions = {
      audience: [publicUrl, options.tokenEndpoint],
      used: storage.collection('usedAssertion'),
      keys,
      limits,
      now
    }
    app.decorate('clients', {
      ...createLookup(options, redirectRules, documents, registrations, assertions),
      ...createKeeping(options, { documents, keys, registrations, connected }),
      register: async (body, request, attempt) =>
        registrations.add(readRegistration(body, redirectRules), { address: siteOf(networkOf(request)), attempt })
    } satisfies Clients)
  },
  { name: 'clients', dependencies: ['storage', 'limits', 'user-store'] }
)

/** Everything about clients that exist already. */
function createLookup (
  { clients, idJagIssuers, clientMetadataInsecureHosts: insecureHosts }: Options,
  redirectRules: RedirectRules,
  documents: Documents,
  registrations: Registrations,
  assertions: AssertionOptions
): Omit<Clients, 'register' | keyof Keeping> {
  const fromConfig = new Map(clients.map((client) => [client.client_id, fromOperator(client, redirectRules)]))

  const hasService = [...fromConfig.values()].some(({ service }) => service !== undefined)

  type Ask = (url: URL) => Promise<ClaimedDocument | undefined>
  async function lookUp (id: string, ask: Ask, findHolder?: FindHolder): Promise<Client | undefined> {
    const configured = fromConfig.get(id)
    if (configured) return configured
    const url = documentUrl(id, insecureHosts)
    if (!url) return (await registrations.find(id, findHolder)) ?? findChatGptClient(id)
    const found = await ask(url)
    return found && fromDocument(found.document, found.isAllowed, redirectRules)
  }
  /** A person reads about the app: nothing that its document names is fetched. */
  const unclaimed = (document: Awaited<ReturnType<Documents['recall']>>): ClaimedDocument | undefined =>
    document && { document, isAllowed: false }
  return {
    find: (id, request) => lookUp(id, async (url) => unclaimed(await documents.find(url, request))),
    recall: (id) => lookUp(id, async (url) => unclaimed(await documents.recall(url))),
    verified: (id, redirectUri) =>
      fromConfig.has(id) ? undefined : verifiedHost(documentUrl(id, insecureHosts), redirectUri),
    authenticate: (request, holderOf) =>
      authenticateClient(request, {
        find: (id, findHolder) => lookUp(id, (url) => documents.findAllowed(url, request, findHolder), findHolder),
        holderOf,
        assertions
      }),
    grantTypes: [
      ...grantTypes,
      ...(hasService ? (['client_credentials'] as const) : []),
      ...(idJagIssuers.length > 0 ? ([JWT_BEARER] as const) : [])
    ]
  }
}

type Keeping = Pick<Clients, 'remember' | 'keep' | 'forgetPerson'>
const DOCUMENT = 'document '

interface Kept {
  documents: Documents
  keys: Pick<KeyRing, 'forget'>
  registrations: Registrations
  connected: ConnectedClients
}

/** What is stored of the apps that people have allowed. */
function createKeeping (
  { clients, clientMetadataInsecureHosts: insecureHosts }: Options,
  { documents, keys, registrations, connected }: Kept
): Keeping {
  const configured = new Set(clients.map(({ client_id: id }) => id))
  async function forget (names: readonly string[]): Promise<void> {
    for (const name of names) {
      if (!name.startsWith(DOCUMENT)) {
        await registrations.forget(name)
        continue
      }
      // The address of a document is the id of its client.
      const key = name.slice(DOCUMENT.length)
      await documents.forget(key)
      await keys.forget(key)
    }
  }
  async function remember (id: string, userId: string): Promise<void> {
    const url = configured.has(id) ? undefined : documentUrl(id, insecureHosts)
    if (!url) return
    const { key, isWritten } = await documents.keep(url)
    await forget(await connected.hold(userId, DOCUMENT + key, isWritten))
  }
  return {
    remember,
    async keep (client, until, userId) {
      await remember(client.id, userId)
      if (client.kind !== 'registered') return
      const isWritten = await registrations.keep(client, until)
      await forget(await connected.hold(userId, recordKeyOf(client.id), isWritten))
    },
    forgetPerson: async (userId) => forget(await connected.leave(userId))
  }
}
