// Fetches a JSON document that a stranger named: https only, no redirects, every resolved address vetted and only
// vetted ones connected to, small, and within one timeout from the lookup to the last byte (CIMD draft §6; threats WB-09,
// CI-01). Only fetch-gate.ts calls it.
import type { Agent, IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { pipeline } from 'node:stream/promises'
import type { Reason } from '../../../errors.ts'
import { boundInformational } from '../../informational.ts'
import { bare, isPublicAddress, isPublicName, resolveAddresses } from './public-address.ts'

const MAX_BYTES = 5 * 1024
const MAX_HEADER_BYTES = 8 * 1024
/** For everything together: lookup, connection, head and body. */
export const FETCH_TIMEOUT_MS = 5_000
/** Of each family: a name may have thousands of addresses, and trying one is a connection to somebody. */
const MAX_DIALLED = 3
/** Bounds of what the document's own cache headers may ask for. */
const MIN_AGE_SECONDS = 30
export const MAX_AGE_SECONDS = 86_400
const DEFAULT_AGE_SECONDS = 300

export interface FetchedDocument {
  body: unknown
  /** Seconds it may be used without asking again. */
  maxAge: number
}

/**
 * The document could not be had. The message says why, for the log and for the client's own
 * developer.
 */
export class FetchRefused extends Error {
  override readonly name: string = 'FetchRefused'
  readonly reason: Reason

  /** @param reason for the audit log. */
  constructor (message: string, reason: Reason = 'document_unreachable') {
    super(message)
    this.reason = reason
  }
}

/** The address is one that is never fetched: trying again does not help. */
export class AddressRefused extends FetchRefused {
  override readonly name = 'AddressRefused'

  constructor (message: string) {
    super(message, 'document_address')
  }
}

/** How the outside is reached. Tests replace it: no public server can be had there. */
export interface Network {
  resolve(hostname: string, signal: AbortSignal): Promise<string[]>
  /** If absent, each document has a connection of its own, closed with it, and over https a {@link BoundedAgent}. */
  agent?: Agent
}

const INTERNET: Network = { resolve: resolveAddresses }

/**
 * @param insecureHosts `host:port` of servers on this computer that tests may name, over http too.
 * @throws FetchRefused within {@link FETCH_TIMEOUT_MS}, however the host behaves.
 */
export async function fetchDocument (
  url: URL,
  insecureHosts: readonly string[],
  network: Network = INTERNET
): Promise<FetchedDocument> {
  const insecure = insecureHosts.includes(url.host)
  if (url.protocol !== 'https:' && !(insecure && url.protocol === 'http:')) {
    throw new AddressRefused('it is not on https')
  }
  const signal = AbortSignal.timeout(FETCH_TIMEOUT_MS)
  try {
    const addresses = insecure ? [loopbackAddress(url.hostname)] : await vettedAddresses(url.hostname, network, signal)
    const response = await send(url, addresses, network.agent ?? (await newAgent(url)), signal)
    return { body: parse(await readBody(response, signal)), maxAge: maxAgeOf(response.headers['cache-control']) }
  } catch (error) {
    throw error instanceof FetchRefused ? error : refusalOf(error, signal)
  }
}

/**
 * Without the error itself: it may hold what the host sent, such as its certificates, and refusals are kept (threat CL-12). Its code,
 * not its text, which may repeat that as well.
 */
const refusalOf = (error: unknown, { aborted }: AbortSignal): FetchRefused =>
  aborted
    ? new FetchRefused(`it took longer than ${FETCH_TIMEOUT_MS} ms`)
    : new FetchRefused(`its host could not be reached (${(error as { code?: string }).code ?? 'no answer'})`)

function parse (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new FetchRefused('it is not JSON', 'document_not_json')
  }
}

/**
 * The addresses that may be connected to: all that the name has, after each was found to be public. A second lookup could
 * give other answers.
 */
async function vettedAddresses (hostname: string, network: Network, signal: AbortSignal): Promise<string[]> {
  if (!isPublicName(hostname)) throw new AddressRefused('its host is not a name on the public internet')
  const literal = bare(hostname)
  const addresses = isIP(literal) ? [literal] : await network.resolve(literal, signal)
  if (!addresses.every(isPublicAddress)) throw new AddressRefused('its host is not on the public internet')
  return addresses
}

/** The configuration lets only hosts of this computer be insecure. */
const loopbackAddress = (hostname: string): string => (hostname === 'localhost' ? '127.0.0.1' : bare(hostname))

const newAgent = async ({ protocol }: URL): Promise<Agent | false> =>
  protocol === 'https:' && new (await import('./bounded-agent.ts')).BoundedAgent()

async function send (
  url: URL,
  addresses: readonly string[],
  agent: Agent | false,
  signal: AbortSignal
): Promise<IncomingMessage> {
  // Loaded here: at the start of the server, which may never fetch, this import takes as long
  // as all of Fastify.
  const { request: open } = (await import(
    url.protocol === 'https:' ? 'node:https' : 'node:http'
  )) as typeof import('node:https')
  const known = [4, 6].flatMap((family) =>
    addresses.filter((address) => isIP(address) === family).slice(0, MAX_DIALLED).map((address) => ({ address, family }))
  )
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = open(
      url,
      {
        signal,
        agent,
        maxHeaderSize: MAX_HEADER_BYTES,
        headers: { accept: 'application/json', 'user-agent': 'mcp-oauth-server' },
        // The name stays for TLS; the addresses are those that were vetted.
        lookup: (_hostname, options, done) =>
          options.all ? done(null, known) : done(null, known[0]!.address, known[0]!.family)
      },
      resolve
    )
    boundInformational(request, () => request.destroy(new Error('informational answers without an end')))
    request.once('error', reject)
    request.once('close', () => reject(new Error('the connection was closed before an answer')))
    request.end()
  })
  const problem = problemOf(response)
  if (problem === undefined) return response
  response.destroy()
  throw new FetchRefused(problem, response.statusCode === 200 ? 'document_not_json' : 'document_redirect')
}

function problemOf ({ statusCode, headers }: IncomingMessage): string | undefined {
  if (statusCode !== 200) return `it answers ${statusCode}; redirects are not followed`
  const isJson = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(headers['content-type'] ?? '')
  return isJson ? undefined : 'it is not sent as application/json'
}

/** @throws also when the connection is cut, and when the signal comes. */
async function readBody (response: IncomingMessage, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  await pipeline(
    response,
    async (source: AsyncIterable<Buffer>) => {
      for await (const chunk of source) {
        bytes += chunk.length
        if (bytes > MAX_BYTES) throw new FetchRefused(`it is larger than ${MAX_BYTES} bytes`, 'document_invalid')
        chunks.push(chunk)
      }
    },
    { signal }
  )
  return Buffer.concat(chunks).toString('utf8')
}

function maxAgeOf (cacheControl: string | undefined): number {
  if (cacheControl !== undefined && /no-store|no-cache/i.test(cacheControl)) return MIN_AGE_SECONDS
  const asked = /max-age=(\d{1,9})/i.exec(cacheControl ?? '')?.[1]
  return asked === undefined ? DEFAULT_AGE_SECONDS : Math.min(Math.max(Number(asked), MIN_AGE_SECONDS), MAX_AGE_SECONDS)
}
