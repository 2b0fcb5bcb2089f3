// Clients whose id is the URL of their own metadata document: who may cause it to be fetched, which copy serves while
// its host is away, and which copies are kept (CIMD draft §4, §6).
import type { FastifyRequest } from 'fastify'
import type { Clock } from '../../../clock.ts'
import { invalidClient, OAuthError, temporarilyUnavailable } from '../../../errors.ts'
import type { Collection } from '../../storage/contract.ts'
import { hashSecret } from '../../secrets.ts'
import type { FetchGate, Lane } from './fetch-gate.ts'
import { knownDocuments } from './known-documents.ts'
import { checkDocument, type ClientDocument } from './metadata-document.ts'
import { createRecentDocuments, type RecentDocument } from './recent-documents.ts'
import { AddressRefused, FetchRefused } from './safe-fetch.ts'

/**
 * Seconds a kept copy outlives its freshness, to be used while the host does not answer, or answers what is no
 * document.
 */
const STALE_LIFETIME_SECONDS = 30 * 86_400

/**
 * What is stored of a document whose app somebody has allowed, by the hash of its URL. Earlier versions stored
 * failures, without a document.
 */
export interface KeptDocument extends Omit<RecentDocument, 'document'> {
  document?: ClientDocument
}

/** Each method throws invalid_client for a host that CLIENT_METADATA_HOSTS leaves out. */
export interface Documents {
  /**
   * For a person whom the app has sent: a fresh copy, or what the host says now, or the last good copy.
   * @throws invalid_client for a document that may not be used, temporarily_unavailable when there is none to be had,
   * too_many_requests.
   */
  find(url: URL, request: FastifyRequest): Promise<ClientDocument>
  /** The copy at hand, however old. Asks nobody. */
  recall(url: URL): Promise<ClientDocument | undefined>
  /**
   * For a program that says it is the client. Its host is asked only if somebody has allowed the app: there is a kept
   * copy, or
   * `isHeld` says that a token of its was shown.
   * @returns undefined for any other without a copy at hand.
   * @throws as {@link Documents.find}.
   */
  findAllowed(url: URL, request: FastifyRequest, isHeld: () => Promise<boolean>): Promise<ClientDocument | undefined>
  /** Somebody has allowed the app: the copy at hand is stored. */
  keep(url: URL): Promise<void>
}

interface Options {
  store: Collection<KeptDocument>
  gate: FetchGate
  /** Hosts whose documents are taken; empty means every host. */
  hosts: readonly string[]
  ownOrigin: string
  now: Clock
  log: { warn(message: string): void }
}

export function createDocuments ({ store, gate, hosts, ownOrigin, now, log }: Options): Documents {
  const recent = createRecentDocuments(now)
  const told = new WeakSet<Error>()
  const keyOf = (url: URL) => hashSecret(url.href)
  const put = (url: URL, found: RecentDocument) =>
    store.put(keyOf(url), found, Math.max(0, found.freshUntil - now()) + STALE_LIFETIME_SECONDS)
  const isFresh = ({ freshUntil }: RecentDocument) => freshUntil > now()

  function checkHost ({ hostname }: URL): void {
    if (hosts.length === 0 || hosts.includes(hostname)) return
    throw invalidClient(`Apps from ${hostname} are not accepted here. Ask the person who runs this server.`)
  }

  async function findKept (url: URL): Promise<RecentDocument | undefined> {
    const kept = await store.find(keyOf(url))
    return kept?.document && { document: kept.document, freshUntil: kept.freshUntil }
  }

  /** What the host says now, else the last good copy: no answer of it, however bad, takes that away. */
  async function ask (
    url: URL,
    lane: Lane,
    request: FastifyRequest,
    copy: RecentDocument | undefined
  ): Promise<ClientDocument> {
    try {
      const read = (body: unknown) => checkDocument(body, url, ownOrigin)
      const { value, maxAge } = await gate.fetch({ url, kind: 'document', lane, request, read })
      const found = { document: value, freshUntil: now() + maxAge }
      // Only what was kept before is written: looking at an app stores nothing.
      if (lane === 'known' && copy) await put(url, found)
      else recent.add(url.href, found)
      return value
    } catch (error) {
      if (!(error instanceof FetchRefused) && !(error instanceof OAuthError)) throw error
      // The gate says again what failed a moment ago: one line is enough.
      if (!told.has(error)) log.warn(`client metadata document at ${url.host}: ${error.message}`)
      told.add(error)
      const good = copy?.document ?? knownDocuments[url.href]
      if (good) return good
      throw spoken(error, url)
    }
  }

  return {
    async find (url, request) {
      checkHost(url)
      const kept = await findKept(url)
      const copy = kept ?? recent.find(url.href)
      return copy && isFresh(copy) ? copy.document : ask(url, kept ? 'known' : 'stranger', request, copy)
    },
    async recall (url) {
      checkHost(url)
      return ((await findKept(url)) ?? recent.find(url.href))?.document ?? knownDocuments[url.href]
    },
    async findAllowed (url, request, isHeld) {
      checkHost(url)
      const kept = await findKept(url)
      if (kept) return isFresh(kept) ? kept.document : ask(url, 'known', request, kept)
      const seen = recent.find(url.href)
      if (seen) return seen.document
      return (await isHeld()) ? ask(url, 'known', request, undefined) : knownDocuments[url.href]
    },
    async keep (url) {
      const seen = recent.find(url.href)
      if (!seen) return
      await put(url, seen)
      recent.delete(url.href)
    }
  }
}

function spoken (error: FetchRefused | OAuthError, { host }: URL): OAuthError {
  if (error instanceof OAuthError) return error
  if (error instanceof AddressRefused) { return invalidClient(`The description of the app at ${host} is not read: ${error.message}.`) }
  return temporarilyUnavailable(
    `The description of the app at ${host} could not be read. Try again in half a minute; if it stays so, the app's maker has to look at it.`
  )
}
