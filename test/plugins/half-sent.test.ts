// Whose requests arrive slowly, with and without proxies, and which of them end.
import type { IncomingMessage } from 'node:http'
import t from 'tap'
import { createFindSlow, MAX_HALF_SENT, MIN_SLOW_MS } from '../../plugins/half-sent.ts'

const NOW = 100_000
const from = (remoteAddress: string, forwarded?: string, since = 0) =>
  ({ request: { socket: { remoteAddress }, headers: { ...(forwarded !== undefined && { 'x-forwarded-for': forwarded }) } } as unknown as IncomingMessage, since })
const times = <T>(count: number, make: (n: number) => T) => Array.from({ length: count }, (_, n) => make(n))

t.test('what is beyond the share of a site ends, the slowest first, and nothing of others (OW-23)', async (t) => {
  const findSlow = createFindSlow({ trustProxy: ['10.0.0.0/8'], clientIpHeader: undefined })
  const many = times(MAX_HALF_SENT + 3, (n) => from('10.0.0.1', '198.51.100.1, 203.0.113.9', n))
  t.same(findSlow([...many, from('10.0.0.1', '198.51.100.1', -1)], NOW), many.slice(0, 3), 'what the visitor wrote in front does not count')
  t.same(findSlow(times(MAX_HALF_SENT + 3, (n) => from('10.0.0.1', '203.0.113.9', NOW - MIN_SLOW_MS + 1 + n)), NOW), [], 'none that began a moment ago')
  t.same(findSlow(times(MAX_HALF_SENT + 3, (n) => from('10.0.0.1', `203.0.113.${n}`)), NOW), [], 'nor of different visitors')
  const flood = times(1_000, () => from('10.0.0.1', '203.0.113.9'))
  t.same([findSlow(flood, NOW).length, findSlow(flood, NOW).length], [500 - MAX_HALF_SENT, 1_000 - MAX_HALF_SENT], 'a flood is looked at in parts')
  t.equal(findSlow(times(MAX_HALF_SENT + 3, (n) => from('10.0.0.1', `2001:db8:1:${n.toString(16)}::1`)), NOW).length, 3, 'the networks of a site are one')
})

t.test('without a proxy the connection says who sends; behind a platform its header does (OW-23)', async (t) => {
  const direct = times(MAX_HALF_SENT + 1, (n) => from('::ffff:203.0.113.9', `198.51.100.${n}`))
  t.equal(createFindSlow({ trustProxy: [], clientIpHeader: undefined })(direct, NOW).length, 1)
  const behind = times(MAX_HALF_SENT + 1, (n) => from(`172.16.0.${n}`, '203.0.113.9'))
  t.equal(createFindSlow({ trustProxy: [], clientIpHeader: 'fly-client-ip' })(behind, NOW).length, 1)
})
