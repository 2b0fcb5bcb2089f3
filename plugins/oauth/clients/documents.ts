// Clients whose id is the URL of their own metadata document: who may cause it to be fetched, which copy serves while
// its host is unavailable, and which copies are stored (CIMD draft §4, §6).
import type { FastifyRequest } from 'fastify'
import type { Clock } from '../../../clock.ts'
import { invalidClient, OAuthError, temporarilyUnavailable } from '../../../errors.ts'
import { isRecent } from '../../is-recent.ts'
import { hashSecret } from '../../secrets.ts'
import type { Collection } from '../../storage/contract.ts'
import type { FindHolder } from '../grants/contract.ts'
import type { FetchGate } from './fetch-gate.ts'
import { knownDocuments } from './known-documents.ts'
import { checkDocument, type ClientDocument } from './metadata-document.ts'
import type { RedirectRules } from './redirect-uris.ts'
import { createRecent, type Recent } from './recent.ts'
import { AddressRefused, FetchRefused, MAX_AGE_SECONDS } from './safe-fetch.ts'

/**
 * How long a stored copy outlives its freshness, for a host that does not answer, or answers
 * without a document.
 */
const STALE_LIFETIME_SECONDS = 30 * 86_400

interface DocumentCopy {
  document: ClientDocument
  /** Seconds since the epoch: not fetched again before then. */
  freshUntil: number
}

/**
 * What is stored of a document whose app a person has allowed, by the hash of its URL. Earlier versions stored failures,
 * without a document.
 */
export interface KeptDocument extends Omit<DocumentCopy, 'document'> {
  document?: ClientDocument
}

/** A document for a program that claims to be its client. */
export interface ClaimedDocument {
  document: ClientDocument
  /**
   * A person has allowed the app, or a code or token of its was shown. What it names may then
   * be fetched and stored.
   */
  isAllowed: boolean
}

/**
 * Each method throws invalid_client for a host that CLIENT_METADATA_HOSTS leaves out.
 */
export interface Documents {
  /**
   * For a person whom the app has sent: a fresh copy, or what the host serves now, or the last good copy.
   * @throws invalid_client for a document that may not be used, temporarily_unavailable when there is none,
   * too_many_requests.
   */
  find(url: URL, request: FastifyRequest): Promise<ClientDocument>
  /** The copy at hand, however old. Fetches nothing. */
  recall(url: URL): Promise<ClientDocument | undefined>
  /**
   * For a program that claims to be the client. Its host is asked only for a request that shows a code or token of its,
   * on behalf of the person who holds it; for an app that a person has allowed, the stored copy serves any other. A copy
   * that a stranger caused to be fetched does not count.
   * @returns undefined for any other.
   * @throws as {@link Documents.find}.
   */
  findAllowed(url: URL, request: FastifyRequest, findHolder: FindHolder): Promise<ClaimedDocument | undefined>
  /** A person has allowed the app: the copy at hand is stored. @returns its key, and whether it was stored just now. */
  keep(url: URL): Promise<{ key: string; isWritten: boolean }>
  /** Nobody uses it any more. @param key as {@link Documents.keep} returns it. */
  forget(key: string): Promise<void>
}

interface Options {
  store: Collection<KeptDocument>
  gate: FetchGate
  /** Hosts whose documents are accepted; empty means every host. */
  hosts: readonly string[]
  redirectRules: RedirectRules
  now: Clock
  log: { warn(message: string): void }
}

export function createDocuments (options: Options): Documents {
  const { hosts, now } = options
  const recent = createRecent<DocumentCopy>(now)
  const stored = createStoredCopies(options)
  const ask = createFetcher(options, stored, recent)
  const isFresh = ({ freshUntil }: DocumentCopy) => isRecent(freshUntil - MAX_AGE_SECONDS, MAX_AGE_SECONDS, now())

  function checkHost ({ hostname }: URL): void {
    if (hosts.length === 0 || hosts.includes(hostname)) return
    throw invalidClient({ key: 'problems.refusedHost', values: { host: hostname } }).because('host_blocked')
  }

  return {
    async find (url, request) {
      checkHost(url)
      const own = await stored.find(url)
      const copy = own ?? recent.find(url.href)
      if (copy && isFresh(copy)) return copy.document
      return ask({ url, request, copy, isStored: own !== undefined })
    },
    async recall (url) {
      checkHost(url)
      return ((await stored.find(url)) ?? recent.find(url.href))?.document ?? knownDocuments[url.href]
    },
    async findAllowed (url, request, findHolder) {
      checkHost(url)
      const copy = await stored.find(url)
      if (copy) {
        // Who shows nothing of the app's causes no fetch: what all allowed apps share is for
        // their own requests.
        const person = isFresh(copy) ? undefined : await findHolder()
        if (person === undefined) return { document: copy.document, isAllowed: true }
        const document = await ask({ url, request, person, copy, isStored: true })
        return { document, isAllowed: true }
      }
      const person = await findHolder()
      if (person !== undefined) {
        const seen = recent.find(url.href)
        const document = seen?.document ?? (await ask({ url, request, person, isStored: false }))
        return { document, isAllowed: true }
      }
      const known = knownDocuments[url.href]
      return known && { document: known, isAllowed: false }
    },
    async keep (url) {
      const seen = recent.find(url.href)
      if (seen) await stored.put(url, seen)
      recent.delete(url.href)
      return { key: keyOf(url), isWritten: seen !== undefined }
    },
    forget: (key) => options.store.delete(key)
  }
}

const keyOf = (url: URL): string => hashSecret(url.href)

interface StoredCopies {
  find(url: URL): Promise<DocumentCopy | undefined>
  put(url: URL, copy: DocumentCopy): Promise<void>
}

function createStoredCopies ({ store, now }: Options): StoredCopies {
  return {
    async find (url) {
      const record = await store.find(keyOf(url))
      return record?.document && { document: record.document, freshUntil: record.freshUntil }
    },
    put: (url, copy) => store.put(keyOf(url), copy, Math.max(0, copy.freshUntil - now()) + STALE_LIFETIME_SECONDS)
  }
}

interface Question {
  url: URL
  request: FastifyRequest
  /**
   * Whose code or token the request shows. Without one it is a stranger's, also if somebody
   * has allowed the app.
   */
  person?: string
  copy?: DocumentCopy | undefined
  /**
   * Only a copy that is stored already is overwritten: looking at an app stores nothing.
   */
  isStored: boolean
}

/**
 * Fetches what the host serves now, else returns the last good copy: no response of the host
 * takes that away.
 */
function createFetcher (
  { gate, redirectRules, now, log }: Options,
  stored: StoredCopies,
  recent: Recent<DocumentCopy>
) {
  const logged = new WeakSet<Error>()
  return async ({ url, request, person, copy, isStored }: Question) => {
    const lane = person === undefined ? 'stranger' : 'known'
    try {
      const read = (body: unknown) => checkDocument(body, url, redirectRules)
      const { value, maxAge } = await gate.fetch({ url, kind: 'document', lane, person, request, read })
      const found = { document: value, freshUntil: now() + maxAge }
      if (isStored) await stored.put(url, found)
      else recent.add(url.href, found)
      return value
    } catch (error) {
      if (!(error instanceof FetchRefused) && !(error instanceof OAuthError)) throw error
      // The gate throws the same error again for a while: it is logged once.
      if (!logged.has(error)) log.warn(`client metadata document at ${url.host}: ${error.message}`)
      logged.add(error)
      const good = copy?.document ?? knownDocuments[url.href]
      if (good) return good
      throw toClientError(error, url)
    }
  }
}

function toClientError (error: FetchRefused | OAuthError, { host }: URL): OAuthError {
  if (error instanceof OAuthError) return error
  if (error instanceof AddressRefused) {
    const description = `The description of the app at ${host} is not read: ${error.message}.`
    return invalidClient(description, false, { key: 'problems.badDescription', values: { host } }).because(error.reason)
  }
  return temporarilyUnavailable({ key: 'problems.unreadDescription', values: { host } }).because(error.reason)
}
