// The address a request comes from, for limits and for the audit log: the one behind the proxies, and the network it
// belongs to (threat RL-01).
import { isIP } from 'node:net'
import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Config } from '../config/index.ts'
import { remembered } from './remembered.ts'

/** Bits: a host with one IPv6 address has its whole network (RFC 4291 §2.5.4). */
const IPV6_NETWORK_BITS = 64
const IPV6_SITE_BITS = 48

/** To find the network of an IPv6 address takes longer than to count a request. No address has more characters. */
const REMEMBERED = { most: 1_000, length: 45 }

/** Some proxies write the port behind it (`192.0.2.1:5678`, `[2001:db8::1]:5678`): each connection has another (threat OW-47). */
export function withoutPort (address: string): string {
  const [, ipv4, ipv6] = /^(?:([\d.]+)|\[([\da-f:.]+)\])(?::\d+)?$/i.exec(address) ?? []
  return ipv4 ?? ipv6 ?? address
}

/** All that have no address are counted together. */
const UNKNOWN = 'unknown'

/**
 * The network of an address, in one spelling: the whole address for IPv4, the /64 for IPv6. What is no address may be of any
 * length and different in each request, and would be kept wherever addresses are (threat OW-49).
 */
export const networkOfAddress = remembered((address) => {
  const plain = withoutPort(address)
  return isIP(plain) === 0 ? UNKNOWN : rateLimit.normalizeIP(plain, IPV6_NETWORK_BITS)
}, REMEMBERED)

/**
 * What one holder of many networks commonly has: the /48 for IPv6 (RFC 6177 §2), the whole address for IPv4.
 * @param network as {@link networkOf} returns it.
 */
export const siteOf = remembered((network) => rateLimit.normalizeIP(network, IPV6_SITE_BITS), REMEMBERED)

/**
 * The network that a request comes from. A client that has gone before its connection was taken has no address any more, and
 * what it asked for is done all the same: it is counted, recorded and told like any other (threat OW-48).
 */
export const networkOf = ({ ip }: { ip: FastifyRequest['ip'] | undefined }): string => networkOfAddress(ip ?? '')

type Proxies = Pick<Config, 'trustProxy' | 'clientIpHeader'>

/** For Fastify's option `trustProxy`: which hops of X-Forwarded-For are trusted. */
export const trustedProxies = ({
  trustProxy,
  clientIpHeader
}: Proxies): false | string[] | ((address: string, hop: number) => boolean) => {
  if (clientIpHeader !== undefined) return (_address, hop) => hop === 0
  return trustProxy.length > 0 ? trustProxy : false
}

/**
 * Hosts such as Fly.io send the address in their own header and overwrite what the client sent under that name. It
 * replaces X-Forwarded-For, which the client may have started; without a valid one the connection's address counts.
 */
export function useClientIpHeader (app: FastifyInstance, { clientIpHeader }: Proxies): void {
  if (clientIpHeader === undefined) return
  app.addHook('onRequest', (request, _reply, done) => {
    const { headers } = request.raw
    const written = headers[clientIpHeader]
    delete headers['x-forwarded-for']
    const address = typeof written === 'string' ? withoutPort(written) : ''
    if (isIP(address) !== 0) headers['x-forwarded-for'] = address
    done()
  })
}

/** Of X-Forwarded-For, from the right; all but the last are proxies of ours. */
export const MAX_HOPS = 20

/** A proxy of ours that is written with its port would be taken for the visitor, and a visitor's port for a part of the address. */
export function dropForwardedPorts (app: FastifyInstance, { trustProxy }: Proxies): void {
  if (trustProxy.length === 0) return
  app.addHook('onRequest', ({ raw: { headers } }, _reply, done) => {
    const hops = headers['x-forwarded-for'] as string | undefined
    if (hops !== undefined) headers['x-forwarded-for'] = hops.split(',').slice(-MAX_HOPS).map((hop) => withoutPort(hop.trim())).join(',')
    done()
  })
}

/**
 * Behind a proxy that is not configured, all visitors count as one address: logged once, when the first request with its
 * header arrives.
 */
export function warnOfUnnamedProxy (app: FastifyInstance, { trustProxy, clientIpHeader }: Proxies): void {
  if (trustProxy.length > 0 || clientIpHeader !== undefined) return
  let isSaid = false
  app.addHook('onRequest', (request, _reply, done) => {
    if (!isSaid && (request.headers['x-forwarded-for'] ?? request.headers['forwarded']) !== undefined) {
      isSaid = true
      request.log.warn(
        `a proxy at ${request.raw.socket.remoteAddress} forwards requests, and is not in TRUST_PROXY: all visitors behind it count as one address for the rate limits. Set TRUST_PROXY or CLIENT_IP_HEADER (docs/deploying.md, "Whose address counts")`
      )
    }
    done()
  })
}
