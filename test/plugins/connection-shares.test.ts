// Who holds the connections of the server: no address keeps others out, idle connections give way, and health checks of
// this computer are always answered (threat OW-04).
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { MIN_IDLE_MS } from '../../plugins/connection-shares.ts'
import { openShares, refused } from '../helpers/connection-shares.ts'

t.test('an address holds a quarter, and leaves the rest to others (OW-04)', async (t) => {
  const { many, connect } = openShares(768)
  t.same(refused(many(200, '198.51.100.7', true)), Array<string>(8).fill('share'))
  t.equal(connect('198.51.100.8').refusal, undefined)
  t.same(refused(many(193, '2001:db8::1', true)), ['share'])
  t.equal(connect('2001:db8::2:1').refusal, 'share', 'one IPv6 network is one address')
  t.equal(connect('2001:db8:0:1::1').refusal, undefined)
  t.equal(connect('::ffff:198.51.100.7').refusal, 'share', 'in any spelling')
})

t.test('the networks of one site hold a half together (OW-09)', async (t) => {
  const { many, connect } = openShares(768)
  for (let network = 0; network < 4; network++) many(100, `2001:db8:1:${network}::1`, true)
  t.equal(connect('2001:db8:1:9::1').refusal, 'share')
  t.same(refused(many(100, '2001:db8:2::1', true)), [])
  t.same(refused(many(100, '198.51.100.7', true)), [])
  const open = openShares(32)
  const held = open.connect('2001:db8:1::1', true)
  for (let network = 1; network < 16; network++) open.connect(`2001:db8:1:${network}::1`, true)
  t.equal(open.connect('2001:db8:1:99::1').refusal, 'share')
  open.shares.remove(held.socket)
  t.equal(open.connect('2001:db8:1:99::1').refusal, undefined)
})

t.test('its own longest idle connection gives way to a new one, once it has been idle long enough', async (t) => {
  const { many, connect, closed, shares } = openShares(40)
  const first = connect('198.51.100.7')
  const second = connect('198.51.100.7')
  many(8, '198.51.100.7', true)
  t.equal(connect('198.51.100.7').refusal, 'share', 'they may be about to send a request')
  shares.setIdle(first.socket, false)
  shares.setIdle(first.socket, true)
  await sleep(MIN_IDLE_MS + 20)
  t.equal(connect('198.51.100.7').refusal, undefined)
  t.same(closed, [second.socket], 'the first has been used since')
})

t.test('when all are taken, idle ones of whoever holds most give way, of proxies and this computer last', async (t) => {
  const { many, connect, closed } = openShares(40, { trustProxy: ['10.0.0.0/8'], clientIpHeader: undefined })
  many(22, '10.0.0.3')
  many(10, '198.51.100.7')
  await sleep(MIN_IDLE_MS + 20)
  const quiet = connect('198.51.100.8')
  t.equal(quiet.refusal, undefined)
  t.equal(connect('10.9.9.9').refusal, undefined)
  for (let count = 0; count < 5; count++) t.equal(connect(`203.0.113.${count}`).refusal, undefined)
  t.ok(closed.length > 0)
  t.same([...new Set(closed.map(({ remoteAddress }) => remoteAddress))], ['198.51.100.7'])
})

t.test('the last eighth is for this computer: neither visitors nor proxies take it (OW-04)', async (t) => {
  const proxies = { trustProxy: ['10.0.0.0/8'], clientIpHeader: undefined }
  const { many, connect } = openShares(64, proxies)
  t.same(refused(many(56, '10.0.0.3', true)), [])
  t.equal(connect('10.0.0.3', true).refusal, 'total')
  t.equal(connect('10.0.0.4', true).refusal, 'total')
  t.equal(connect('198.51.100.7', true).refusal, 'total')
  t.same(refused(many(8, '127.0.0.1', true)), [])
  t.equal(connect('127.0.0.1', true).refusal, 'total')
})

t.test('a connection that has closed leaves its place, and one without an address takes one', async (t) => {
  const { connect, many, shares } = openShares(32)
  const all = Array.from({ length: 8 }, () => connect('198.51.100.7', true))
  t.equal(connect('198.51.100.7').refusal, 'share')
  shares.remove(all[0]!.socket)
  shares.remove(all[0]!.socket)
  t.equal(connect('198.51.100.7').refusal, undefined)
  t.equal(connect(undefined).refusal, undefined)
  t.same(refused(openShares(Infinity).many(1_000, '198.51.100.7', true)), [])
  t.same(refused(many(1, '203.0.113.1')), [])
})

t.test('a connection that its client closed gives way to nobody any more', async (t) => {
  const { now } = performance
  t.teardown(() => { performance.now = now })
  const { connect, closed, many, shares } = openShares(40)
  const [first, second] = [connect('198.51.100.7'), connect('198.51.100.7')]
  many(8, '198.51.100.7', true)
  shares.remove(first.socket)
  t.equal(connect('198.51.100.7', true).refusal, undefined, 'there is a place')
  performance.now = () => now.call(performance) + MIN_IDLE_MS
  t.equal(connect('198.51.100.7').refusal, undefined)
  t.equal(closed.length, 1)
  t.equal(closed[0], second.socket)
})
