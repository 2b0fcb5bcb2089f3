// Which connections come from a proxy or from this computer.
import t from 'tap'
import { openShares, refused } from '../helpers/connection-shares.ts'

t.test('this computer is answered although others hold all, and a proxy of TRUST_PROXY has no share', async (t) => {
  for (const [proxies, address] of [
    [{ trustProxy: ['10.0.0.3'], clientIpHeader: undefined }, '10.0.0.3'],
    [{ trustProxy: ['uniquelocal'], clientIpHeader: undefined }, 'fd00::7'],
    [{ trustProxy: [], clientIpHeader: 'fly-client-ip' }, '172.16.0.1']
  ] as const) {
    const { many, connect } = openShares(64, { ...proxies, trustProxy: [...proxies.trustProxy] })
    t.same(refused(many(60, address, true)), Array<string>(4).fill('total'), address)
    t.equal(connect('203.0.113.9').refusal, 'total')
    for (const own of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) t.equal(connect(own).refusal, undefined, own)
  }
})
