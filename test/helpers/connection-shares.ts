// Shares of connections over sockets that are none: who was admitted, refused and closed.
import type { Socket } from 'node:net'
import { createConnectionShares } from '../../plugins/connection-shares.ts'

const DIRECT = { trustProxy: [], clientIpHeader: undefined }
export function openShares (most: number, proxies: Parameters<typeof createConnectionShares>[1] = DIRECT) {
  const shares = createConnectionShares(most, proxies)
  const closed: Socket[] = []
  const connect = (remoteAddress: string | undefined, isBusy = false) => {
    const socket = { remoteAddress, destroy: () => closed.push(socket) } as unknown as Socket
    const refusal = shares.admit(socket)
    if (refusal === undefined && isBusy) shares.setIdle(socket, false)
    return { socket, refusal }
  }
  const many = (count: number, address: string, isBusy = false) =>
    Array.from({ length: count }, () => connect(address, isBusy).refusal)
  return { shares, closed, connect, many }
}
export const refused = (all: Array<string | undefined>) => all.filter((one) => one !== undefined)
