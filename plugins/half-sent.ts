// Requests that are still on their way: a share of bodies for each site, and a bound for all heads, so that nobody holds all
// places of a proxy in front, or fills the memory, by sending slowly (threats OW-24, OW-28). Behind a proxy the connections say
// nothing of who sends.
// Tested in test/plugins/half-sent.test.ts.
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { MAX_HOPS, networkOfAddress, siteOf, withoutPort } from './client-address.ts'
import { createProxyCheck, type Proxies } from './proxy-check.ts'

/** Slow ones of one site. Fly.io, as fly.toml has it, lets 500 requests in at once. */
export const MAX_HALF_SENT = 64
/** Whose senders are found in one look: it takes longer than to count a request. */
const MAX_FOUND = 500
/** A body that began to arrive this recently is not slow. */
export const MIN_SLOW_MS = 1_000

export interface Arriving {
  request: IncomingMessage
  /** When it began, by `performance.now()`. */
  since: number
}

/**
 * Which of these requests end now: of each site what is beyond its share, the slowest first.
 * @param arriving all whose bodies are not complete.
 */
export type FindSlow = <A extends Arriving>(arriving: readonly A[], now: number) => A[]

export function createFindSlow (proxies: Proxies): FindSlow {
  const isProxy = createProxyCheck(proxies)
  const sites = new WeakMap<IncomingMessage, string>()
  return (arriving, now) => {
    const slow = arriving.filter(({ since }) => now - since >= MIN_SLOW_MS)
    if (slow.length <= MAX_HALF_SENT) return []
    const unknown = slow.filter(({ request }) => !sites.has(request))
    for (const { request } of unknown.slice(0, MAX_FOUND)) sites.set(request, siteOf(networkOfAddress(senderOf(request, isProxy))))
    const known = slow.filter(({ request }) => sites.has(request))
    return [...Map.groupBy(known, ({ request }) => sites.get(request)!).values()].flatMap((ofSite) =>
      ofSite.sort((a, b) => a.since - b.since).slice(0, Math.max(0, ofSite.length - MAX_HALF_SENT))
    )
  }
}

/** As Fastify finds `request.ip`: the last hop that is no proxy of ours. Of a long header only the end is read. */
function senderOf ({ socket, headers }: IncomingMessage, isProxy: (address: string) => boolean): string {
  // Node joins several of them; useClientIpHeader has put what the platform says in their place.
  let rest = (headers['x-forwarded-for'] as string | undefined) ?? ''
  let sender = plain(socket.remoteAddress ?? '')
  for (let hops = 0; hops < MAX_HOPS && isProxy(sender); hops++) {
    const comma = rest.lastIndexOf(',')
    const hop = plain(withoutPort(rest.slice(comma + 1).trim()))
    if (isIP(hop) === 0) break
    sender = hop
    rest = rest.slice(0, Math.max(0, comma))
  }
  return sender
}

const plain = (address: string): string => address.replace(/^::ffff:/, '')

/** Of all heads together that are on their way for half a second: each byte may take four, until the rest is here. */
const MAX_HEAD_BYTES = 8 * 1024 * 1024

/** @returns of the heads that are not complete those that end now, the longest first: common ones have a kilobyte. */
export function findLongHeads<Head extends { bytes: number }> (heads: readonly Head[], most = MAX_HEAD_BYTES): Head[] {
  let left = heads.reduce((sum, { bytes }) => sum + bytes, 0)
  if (left <= most) return []
  return heads.toSorted((a, b) => b.bytes - a.bytes).filter(({ bytes }) => {
    const isLong = left > most
    if (isLong) left -= bytes
    return isLong
  })
}
