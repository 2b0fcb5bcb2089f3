// Whether a connection comes from a trusted proxy or from this computer (TRUST_PROXY).
import { BlockList, isIP, isIPv6 } from 'node:net'
import type { Config } from '../config/index.ts'

export type Proxies = Pick<Config, 'trustProxy' | 'clientIpHeader'>

/** The names that TRUST_PROXY may hold beside addresses and networks. */
const NAMED_NETWORKS: Readonly<Record<string, string[]>> = {
  loopback: ['127.0.0.0/8', '::1'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7']
}
export const LOOPBACK = blockList(['loopback'])

/** If a header of the platform names the visitor, every connection comes through its proxies. */
export function createProxyCheck ({ trustProxy, clientIpHeader }: Proxies): (address: string) => boolean {
  if (clientIpHeader !== undefined) return () => true
  const list = blockList(trustProxy)
  return (address) => isIn(list, address)
}

function blockList (networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks.flatMap((name) => NAMED_NETWORKS[name] ?? name)) {
    const [address = '', bits] = network.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return list
}

export const isIn = (list: BlockList, address: string): boolean =>
  isIP(address) !== 0 && list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
