// Which connections come from a proxy or from this computer.
import type { Socket } from 'node:net'
import t from 'tap'
import { createConnectionShares } from '../../plugins/connection-shares.ts'

const DIRECT = { trustProxy: [], clientIpHeader: undefined }
function open (most: number, proxies: Parameters<typeof createConnectionShares>[1] = DIRECT) {
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
const refused = (all: Array<string | undefined>) => all.filter((one) => one !== undefined)

t.test('this computer is answered although others hold all, and a proxy of TRUST_PROXY has no share', async (t) => {
  for (const [proxies, address] of [
    [{ trustProxy: ['10.0.0.3'], clientIpHeader: undefined }, '10.0.0.3'],
    [{ trustProxy: ['uniquelocal'], clientIpHeader: undefined }, 'fd00::7'],
    [{ trustProxy: [], clientIpHeader: 'fly-client-ip' }, '172.16.0.1']
  ] as const) {
    const { many, connect } = open(64, { ...proxies, trustProxy: [...proxies.trustProxy] })
    t.same(refused(many(60, address, true)), Array<string>(4).fill('total'), address)
    t.equal(connect('203.0.113.9').refusal, 'total')
    for (const own of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) t.equal(connect(own).refusal, undefined, own)
  }
})
