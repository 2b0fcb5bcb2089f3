// Who holds the connections of the HTTP server: a share for each network address, and idle ones that give way when
// there are too many, so that no address keeps others out (threat OW-04).
import type { Socket } from 'node:net'
import { networkOfAddress, siteOf } from './client-address.ts'
import { createCounts } from './counts.ts'
import { createProxyCheck, isIn, LOOPBACK, type Proxies } from './proxy-check.ts'

/** Of all connections, the part that one address may hold. */
const SHARE = 1 / 4
/** Of these, what all networks of one site may hold: whoever has one has thousands. */
const SHARES_OF_SITE = 2
/** Small servers still leave an address enough for a browser and a few agents. */
const MIN_SHARE = 8
/** Connections beyond the bound that only this computer may use: health checks of the operator's tools. */
const RESERVED_FOR_LOOPBACK = 8
/** A connection that was made or answered this recently may be about to send a request: it does not give way. */
export const MIN_IDLE_MS = 200

/** The connections of one network address, by how long they have been idle. */
interface Holder {
  /** A proxy, or this computer: it may hold any number, since others come through it. */
  isExempt: boolean
  isLoopback: boolean
  site: string
  open: Set<Socket>
  /** Without a request that is being answered, the longest idle first; with the time at which each became idle. */
  idle: Map<Socket, number>
}

export interface ConnectionShares {
  /** @returns why the connection may not stay, if so. Idle connections may have been closed to make room. */
  admit(socket: Socket): 'share' | 'total' | undefined
  /** A request has begun, or the last one has been answered. */
  setIdle(socket: Socket, isIdle: boolean): void
  remove(socket: Socket): void
}

/** @param most connections in all; `Infinity` for no bound. */
export function createConnectionShares (most: number, proxies: Proxies): ConnectionShares {
  const reserved = Math.min(RESERVED_FOR_LOOPBACK, Math.floor(most / 8))
  const share = Math.max(MIN_SHARE, Math.floor(most * SHARE))
  const isProxy = createProxyCheck(proxies)
  const holders = new Map<string, Holder>()
  /** Connections of all networks of a site. */
  const sites = createCounts()
  const holderOf = new Map<Socket, { key: string; holder: Holder }>()

  function holderAt (address: string): { key: string; holder: Holder } {
    const isLoopback = isIn(LOOPBACK, address)
    const isExempt = isLoopback || isProxy(address)
    const key = isExempt ? address : networkOfAddress(address)
    const holder = holders.get(key) ?? { isExempt, isLoopback, site: siteOf(key), open: new Set(), idle: new Map() }
    return { key, holder }
  }
  const hasShare = ({ isExempt, open, site }: Holder): boolean =>
    isExempt || (open.size < share && sites.of(site) < SHARES_OF_SITE * share)
  /** Closes the longest idle connection of a holder. @returns whether there was one. */
  function closeIdle ({ idle }: Holder): boolean {
    const [longest] = idle
    if (!longest || performance.now() - longest[1] < MIN_IDLE_MS) return false
    const [socket] = longest
    remove(socket)
    socket.destroy()
    return true
  }
  /** Of the address with the most connections; of proxies and this computer last. */
  function closeIdleOfAny (): boolean {
    const byCount = [...holders.values()].sort(
      (a, b) => Number(a.isExempt) - Number(b.isExempt) || b.open.size - a.open.size
    )
    return byCount.some(closeIdle)
  }
  function remove (socket: Socket): void {
    const found = holderOf.get(socket)
    if (!found) return
    holderOf.delete(socket)
    sites.add(found.holder.site, -1)
    found.holder.open.delete(socket)
    found.holder.idle.delete(socket)
    if (found.holder.open.size === 0) holders.delete(found.key)
  }

  return {
    remove,
    admit (socket) {
      // None where the other side has disconnected already. An IPv4 address may be written as an IPv6 one.
      const { key, holder } = holderAt((socket.remoteAddress ?? '').replace(/^::ffff:/, ''))
      if (!hasShare(holder) && !closeIdle(holder)) return 'share'
      const bound = holder.isLoopback ? most : most - reserved
      if (holderOf.size >= bound && !closeIdleOfAny()) return 'total'
      holders.set(key, holder)
      holder.open.add(socket)
      sites.add(holder.site, 1)
      holder.idle.set(socket, performance.now())
      holderOf.set(socket, { key, holder })
      return undefined
    },
    setIdle (socket, isIdle) {
      const holder = holderOf.get(socket)?.holder
      holder?.idle.delete(socket)
      if (isIdle) holder?.idle.set(socket, performance.now())
    }
  }
}
