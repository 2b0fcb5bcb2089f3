// Whether a host may be contacted: only names and addresses of the public internet, looked up without the process's
// own lookup threads (CIMD draft §6; threats WB-09, CI-01, CI-02).
import { Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import ipaddr from 'ipaddr.js'

const QUERY_TIMEOUT_MS = 1_500
const QUERY_TRIES = 2
/** How long the slower of the two kinds of address is waited for once the other is known. */
const OTHER_FAMILY_MS = 300

/**
 * Names that no public server has: a single word, the fully dotted form, and the special-use ones (RFC 6761, RFC 6762,
 * RFC 8375, RFC 9476).
 */
const NOT_PUBLIC = /^[^.]*$|\.$|(?:^|\.)(?:localhost|local|internal|home\.arpa|onion|alt)$/i

/** All of what is assigned as global unicast; IPv4-compatible and other old forms lie outside. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3')

/** @param hostname as in `URL.hostname`: lower case, an IPv6 address in brackets. */
export const isPublicName = (hostname: string): boolean => isIP(bare(hostname)) !== 0 || !NOT_PUBLIC.test(hostname)

/** @param address IPv4 or IPv6, also IPv4 in an IPv6 form. */
export function isPublicAddress (address: string): boolean {
  const parsed = ipaddr.process(address)
  if (parsed.range() !== 'unicast') return false
  return parsed.kind() === 'ipv4' || (parsed as ipaddr.IPv6).match(GLOBAL_UNICAST)
}

/** An address as it is, without the brackets of a URL. */
export const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '')

/**
 * Every address of a name, asked from the name servers directly (c-ares). `dns.lookup` would take one of the few
 * threads that
 * sign-in services, mail and Redis are looked up with, and cannot be ended.
 * @param signal ends the lookup.
 * @param servers other name servers than the system's, for tests.
 * @throws Error with the resolver's code, or the signal's reason.
 */
export async function resolveAddresses (
  hostname: string,
  signal: AbortSignal,
  servers?: readonly string[]
): Promise<string[]> {
  signal.throwIfAborted()
  const resolver = new Resolver({ timeout: QUERY_TIMEOUT_MS, tries: QUERY_TRIES })
  if (servers) resolver.setServers(servers)
  const cancel = () => resolver.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    const found: string[] = []
    const queries = [resolver.resolve4(hostname), resolver.resolve6(hostname)].map(async (query) => {
      found.push(...(await query))
    })
    const all = Promise.allSettled(queries)
    // A name server that never answers for one family must not cost what the other has.
    const enough = Promise.any(queries).then(
      () => sleep(OTHER_FAMILY_MS),
      () => all
    )
    await Promise.race([all, enough])
    if (found.length === 0) throw ((await all)[0] as PromiseRejectedResult).reason
    return found.sort((a, b) => isIP(a) - isIP(b))
  } finally {
    signal.removeEventListener('abort', cancel)
    resolver.cancel()
  }
}
