// Clients whose id is the URL of their own metadata document (draft-ietf-oauth-client-id-metadata-document-00): found by fetching it, kept as long as its headers allow, and longer while its host is away.
import { z } from 'zod'
import type { Clock } from '../../clock.ts'
import { invalidClient, OAuthError, temporarilyUnavailable } from '../../errors.ts'
import type { Collection } from '../storage/contract.ts'
import { hashSecret } from '../storage/sealing.ts'
import { knownDocuments } from './known-documents.ts'
import { redirectUriProblem } from './redirect-uris.ts'
import { AddressRefused, FetchRefused, fetchDocument } from './safe-fetch.ts'

/** Seconds a copy outlives its freshness, to be used while the host does not answer. */
const STALE_LIFETIME = 30 * 86_400
/** Seconds during which a failure is not tried again. */
const FAILURE_PAUSE = 30
const MOST_CHARACTERS = 512

const document = z.object({
  client_id: z.string(),
  client_name: z.string().min(1).max(200),
  redirect_uris: z.array(z.string()).min(1).max(50),
  client_uri: z.string().max(2048).optional(),
  grant_types: z.array(z.string()).default(['authorization_code']),
  token_endpoint_auth_method: z.string().optional(),
  /** Not in RFC 7591: how ChatGPT says that it can do without its assertion. */
  token_endpoint_auth_methods_supported: z.array(z.string()).optional(),
  jwks_uri: z.string().max(2048).optional(),
  jwks: z.object({ keys: z.array(z.record(z.string(), z.unknown())).max(20) }).optional()
})
export type ClientDocument = z.output<typeof document>

/** What is stored of a document, by the hash of its URL. */
export interface CachedDocument {
  document?: ClientDocument
  /** Seconds since the epoch: not asked for again before then. */
  freshUntil: number
}

/** `url` is `undefined` when the id cannot be that of a document: https, with a path, in its normal form, nothing hidden in it (draft §3). */
export function documentUrl (id: string, insecureHosts: readonly string[]): URL | undefined {
  if (id.length > MOST_CHARACTERS || !/^https?:\/\/[\x21-\x7e]+$/.test(id) || !URL.canParse(id)) return undefined
  const url = new URL(id)
  const isSound = url.href === id && url.pathname !== '/' && !url.hash && !id.includes('#') && !url.username && !url.password && !/%2e/i.test(url.pathname)
  return isSound && (url.protocol === 'https:' || insecureHosts.includes(url.host)) ? url : undefined
}

export interface DocumentPolicy {
  /** Hosts whose documents are taken; empty means every host. */
  hosts: readonly string[]
  insecureHosts: readonly string[]
  ownOrigin: string
}

/**
 * @throws invalid_client for a document that may not be used, temporarily_unavailable when it cannot be had and no copy is left.
 */
export async function findDocument (url: URL, store: Collection<CachedDocument>, policy: DocumentPolicy, now: Clock, log: { warn (message: string): void }): Promise<ClientDocument> {
  if (policy.hosts.length > 0 && !policy.hosts.includes(url.hostname)) throw invalidClient(`Apps from ${url.hostname} are not accepted here. Ask the person who runs this server.`)
  const key = hashSecret(url.href)
  const cached = await store.find(key)
  if (cached && cached.freshUntil > now()) return cached.document ?? fallback(url)
  try {
    const { body, maxAge } = await fetchDocument(url, policy.insecureHosts)
    const found = checkDocument(body, url, policy.ownOrigin)
    await store.put(key, { document: found, freshUntil: now() + maxAge }, maxAge + STALE_LIFETIME)
    return found
  } catch (error) {
    if (error instanceof OAuthError) await store.put(key, { freshUntil: now() + FAILURE_PAUSE }, FAILURE_PAUSE)
    if (error instanceof AddressRefused) throw invalidClient(`The description of the app at ${url.host} is not read: ${error.message}.`)
    if (!(error instanceof FetchRefused)) throw error
    log.warn(`client metadata document at ${url.host}: ${error.message}`)
    await store.put(key, { ...cached, freshUntil: now() + FAILURE_PAUSE }, cached?.document ? STALE_LIFETIME : FAILURE_PAUSE)
    return cached?.document ?? fallback(url)
  }
}

/** The pinned copy of a well-known client. */
function fallback (url: URL): ClientDocument {
  const known = knownDocuments[url.href]
  if (known) return known
  throw temporarilyUnavailable(`The description of the app at ${url.host} could not be read. Try again in half a minute; if it stays so, the app's maker has to look at it.`)
}

function checkDocument (body: unknown, url: URL, ownOrigin: string): ClientDocument {
  const refuse = (reason: string) => invalidClient(`The app's description at ${url.host} cannot be used: ${reason}.`)
  const parsed = document.safeParse(body)
  if (!parsed.success) throw refuse(`${parsed.error.issues[0]!.path.join('.')} is missing or malformed`)
  const found = parsed.data
  if (found.client_id !== url.href) throw refuse('its client_id is not the address it was read from')
  // A document is public: a secret in it is none, and one that asks for a secret is a mistake (draft §4.1).
  if (methodsOf(found).every((method) => method.startsWith('client_secret'))) throw refuse('it asks for a client secret')
  for (const uri of found.redirect_uris) {
    const problem = redirectUriProblem(uri, ownOrigin)
    if (problem) throw refuse(`a redirect URI ${problem}`)
  }
  return found
}

/** All the ways the client says it can prove itself; the plural counts beside the singular (threats Z1). */
export const methodsOf = (found: ClientDocument): string[] =>
  [...found.token_endpoint_auth_methods_supported ?? [], found.token_endpoint_auth_method ?? 'none']
