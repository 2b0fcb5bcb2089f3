// Fetches a JSON document that a stranger named: https only, no redirects, every resolved address vetted and the vetted one dialled, small and quick (CIMD draft §6; threats WB-09, CI-01).
import { lookup } from 'node:dns/promises'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { text } from 'node:stream/consumers'
import { Transform } from 'node:stream'
import ipaddr from 'ipaddr.js'

const MOST_BYTES = 5 * 1024
const MOST_MS = 5_000
/** Bounds, in seconds, of what the document's own cache headers may ask for. */
const SHORTEST_AGE = 30
const LONGEST_AGE = 86_400
const DEFAULT_AGE = 300

export interface FetchedDocument {
  body: unknown
  /** Seconds it may be used without asking again. */
  maxAge: number
}

/** The document could not be had. The message says why, for the log and for the client's own developer. */
export class FetchRefused extends Error {
  override readonly name: string = 'FetchRefused'
}

/** The address is one that is never fetched: trying again does not help. */
export class AddressRefused extends FetchRefused {
  override readonly name = 'AddressRefused'
}

/**
 * @param insecureHosts `host:port` of servers on this computer that tests may name, over http too.
 * @throws FetchRefused
 */
export async function fetchDocument (url: URL, insecureHosts: readonly string[]): Promise<FetchedDocument> {
  const insecure = insecureHosts.includes(url.host)
  if (url.protocol !== 'https:' && !(insecure && url.protocol === 'http:')) throw new AddressRefused('it is not on https')
  const signal = AbortSignal.timeout(MOST_MS)
  try {
    const address = await vettedAddress(url.hostname, insecure)
    const response = await get(url, address, signal)
    if (response.statusCode !== 200) {
      response.destroy()
      throw new FetchRefused(`it answers ${response.statusCode}; redirects are not followed`)
    }
    if (!/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(response.headers['content-type'] ?? '')) {
      response.destroy()
      throw new FetchRefused('it is not sent as application/json')
    }
    return { body: JSON.parse(await text(response.pipe(atMost(MOST_BYTES)))), maxAge: maxAgeOf(response.headers['cache-control']) }
  } catch (error) {
    if (error instanceof FetchRefused) throw error
    throw new FetchRefused(signal.aborted ? `it took longer than ${MOST_MS} ms` : (error as Error).message, { cause: error })
  }
}

/** One address to dial, after all that the name resolves to were found to be public. A second look-up could give another answer. */
async function vettedAddress (hostname: string, insecure: boolean): Promise<string> {
  const literal = hostname.replace(/^\[|\]$/g, '')
  const addresses = isIP(literal) ? [literal] : (await lookup(literal, { all: true })).map(({ address }) => address)
  for (const address of addresses) {
    if (!insecure && ipaddr.process(address).range() !== 'unicast') throw new AddressRefused('its host is not on the public internet')
  }
  return addresses[0]!
}

async function get (url: URL, address: string, signal: AbortSignal): Promise<IncomingMessage> {
  // Loaded here: at the start of the server, which may never fetch, this import takes as long as all of Fastify.
  const { request: send } = await import(url.protocol === 'https:' ? 'node:https' : 'node:http') as typeof import('node:https')
  const family = isIP(address)
  return new Promise((resolve, reject) => {
    const request = send(url, {
      signal,
      headers: { accept: 'application/json', 'user-agent': 'mcp-oauth-server' },
      // The name stays for TLS; the address is the one that was vetted.
      lookup: (_hostname, options, done) => options.all ? done(null, [{ address, family }]) : done(null, address, family)
    }, resolve)
    request.once('error', reject)
    request.end()
  })
}

function atMost (bytes: number): Transform {
  let seen = 0
  return new Transform({
    transform (chunk: Buffer, _encoding, done) {
      seen += chunk.length
      done(seen > bytes ? new FetchRefused(`it is larger than ${bytes} bytes`) : null, chunk)
    }
  })
}

function maxAgeOf (cacheControl: string | undefined): number {
  if (cacheControl !== undefined && /no-store|no-cache/i.test(cacheControl)) return SHORTEST_AGE
  const asked = /max-age=(\d{1,9})/i.exec(cacheControl ?? '')?.[1]
  return asked === undefined ? DEFAULT_AGE : Math.min(Math.max(Number(asked), SHORTEST_AGE), LONGEST_AGE)
}
