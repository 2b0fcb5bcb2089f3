// Whose requests arrive slowly, with and without proxies, and which of them end.
import type { IncomingMessage } from 'node:http'
import t from 'tap'
import { createFindSlow, findLongHeads, MAX_HALF_SENT, MIN_SLOW_MS, type Arriving } from '../../plugins/half-sent.ts'

const NOW = 100_000

const from = (
  remoteAddress: string,
  forwarded?: string,
  since = 0
): Arriving => {
  const headers = {
    ...(forwarded !== undefined && { 'x-forwarded-for': forwarded })
  }
  const request = { socket: { remoteAddress }, headers }
  return { request: request as unknown as IncomingMessage, since }
}
const times = <T>(count: number, make: (n: number) => T) =>
  Array.from({ length: count }, (_, n) => make(n))
/** Beyond the share by three. */
const tooMany = <T>(make: (n: number) => T) => times(MAX_HALF_SENT + 3, make)

t.test('what is beyond the share of a site ends, the slowest first, and nothing of others (OW-24)', async (t) => {
  const proxies = { trustProxy: ['10.0.0.0/8'], clientIpHeader: undefined }
  const findSlow = createFindSlow(proxies)
  const PROXY = '10.0.0.1'
  const VISITOR = '203.0.113.9'
  const written = `198.51.100.1, ${VISITOR}`
  const many = tooMany((n) => from(PROXY, written, n))
  const other = from(PROXY, '198.51.100.1', -1)
  t.same(
    findSlow([...many.toReversed(), other], NOW),
    many.slice(0, 3),
    'what the visitor wrote in front does not count'
  )
  const justNow = tooMany((n) =>
    from(PROXY, VISITOR, NOW - MIN_SLOW_MS + 1 + n)
  )
  t.same(findSlow(justNow, NOW), [], 'none that began a moment ago')
  const different = tooMany((n) => from(PROXY, `203.0.113.${n}`))
  t.same(findSlow(different, NOW), [], 'nor of different visitors')
  const flood = times(1_000, () => from(PROXY, VISITOR))
  t.same(
    [findSlow(flood, NOW).length, findSlow(flood, NOW).length],
    [500 - MAX_HALF_SENT, 1_000 - MAX_HALF_SENT],
    'a flood is looked at in parts'
  )
  const networks = tooMany((n) =>
    from(PROXY, `2001:db8:1:${n.toString(16)}::1`)
  )
  t.equal(findSlow(networks, NOW).length, 3, 'the networks of a site are one')
})

t.test('without a proxy the connection says who sends; behind a platform its header does (OW-24)', async (t) => {
  const trustProxy: string[] = []
  const direct = tooMany((n) =>
    from('::ffff:203.0.113.9', `198.51.100.${n}`)
  )
  const open = createFindSlow({ trustProxy, clientIpHeader: undefined })
  t.equal(open(direct, NOW).length, 3)
  const behind = tooMany((n) => from(`172.16.0.${n}`, '203.0.113.9'))
  const fly = createFindSlow({ trustProxy, clientIpHeader: 'fly-client-ip' })
  t.equal(fly(behind, NOW).length, 3)
})

t.test('of a long header twenty hops are read, and what is no address says nothing (OW-24)', async (t) => {
  const proxies = { trustProxy: ['10.0.0.0/8'], clientIpHeader: undefined }
  const findSlow = createFindSlow(proxies)
  const through = (hops: number) => tooMany((n) =>
    from('10.0.0.1', `203.0.113.${n}${', 10.0.0.2'.repeat(hops)}`)
  )
  t.equal(findSlow(through(19), NOW).length, 0, 'different visitors')
  t.equal(findSlow(through(20), NOW).length, 3, 'one: the last hop')
  const odd = tooMany((n) => from('10.0.0.1', `203.0.113.9, x${n}`))
  t.equal(findSlow(odd, NOW).length, 3, 'one: the proxy')
  const none = tooMany(() => from('10.0.0.1'))
  t.equal(findSlow(none, NOW).length, 3)
})

t.test('of heads that are not complete the longest end (OW-28)', async (t) => {
  const heads = [3, 9, 1, 9].map((bytes) => ({ bytes }))
  t.same(findLongHeads(heads, 22), [])
  t.same(findLongHeads(heads, 20), [{ bytes: 9 }])
  t.same(findLongHeads(heads, 3).length, 3)
})
